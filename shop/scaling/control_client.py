"""Asks the supervisor on this machine for something, over its control socket."""

from __future__ import annotations

import asyncio
from pathlib import Path

from pydantic import BaseModel, ValidationError

from shop.scaling.control_messages import (
    LONGEST_LINE,
    SOCKET,
    Answer,
    DemonstrationRequest,
    DemonstrationStatus,
    ScaleRequest,
    Status,
)

ANSWER_SECONDS = 5.0


class NoAnswerError(Exception):
    """There is no status to show; the message says why."""


class RequestRefusedError(Exception):
    """The shop does not do what was asked for; the text says why."""


async def ask(state_dir: Path, request: ScaleRequest) -> Status:
    """Set what the request names, and return the status.

    Raises RequestRefusedError, and NoAnswerError when no shop answers.
    """
    answer = await _answer(state_dir, request)
    if answer.status is None:
        raise RequestRefusedError(answer.refusal or "The shop gave no reason.")
    return answer.status


async def demonstrate(state_dir: Path, request: DemonstrationRequest) -> DemonstrationStatus:
    """Do something to the shop, or nothing, and return how the demonstration goes.

    Raises what `ask` raises.
    """
    answer = await _answer(state_dir, request)
    if answer.demonstration is None:
        raise RequestRefusedError(answer.refusal or "The shop gave no reason.")
    return answer.demonstration


async def _answer(state_dir: Path, request: BaseModel) -> Answer:
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            return Answer.model_validate_json(await _exchange(state_dir / SOCKET, request))
    except (FileNotFoundError, ConnectionError) as error:
        raise NoAnswerError(
            f"No shop is open in {state_dir}/; start one with `coffeeshop run`, or name the folder"
            " of another with COFFEE_STATE_DIR."
        ) from error
    except PermissionError as error:
        raise NoAnswerError(f"The shop in {state_dir}/ is somebody else's.") from error
    except TimeoutError as error:
        raise NoAnswerError(f"The shop in {state_dir}/ does not answer in time.") from error
    except (OSError, ValidationError) as error:
        raise NoAnswerError(f"The shop in {state_dir}/ cannot be asked: {error}") from error


async def _exchange(path: Path, request: BaseModel) -> bytes:
    reader, writer = await asyncio.open_unix_connection(str(path), limit=LONGEST_LINE)
    try:
        writer.write(request.model_dump_json().encode() + b"\n")
        await writer.drain()
        return await reader.readline()
    finally:
        writer.close()
