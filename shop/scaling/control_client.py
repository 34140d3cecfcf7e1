"""Asks the supervisor on this machine about its scaling, over its control socket."""

from __future__ import annotations

import asyncio
from pathlib import Path

from pydantic import ValidationError

from shop.scaling.control_messages import LONGEST_LINE, SOCKET, Answer, ScaleRequest, Status

ANSWER_SECONDS = 5.0


class NoAnswerError(Exception):
    """There is no status to show; the message says why."""


class ScalingRefusedError(Exception):
    """The shop does not do what was asked for; the text says why."""


async def ask(state_dir: Path, request: ScaleRequest) -> Status:
    """Set what the request names, and return the status.

    Raises ScalingRefusedError, and NoAnswerError when no shop answers.
    """
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            answer = Answer.model_validate_json(await _exchange(state_dir / SOCKET, request))
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
    if answer.status is None:
        raise ScalingRefusedError(answer.refusal or "The shop gave no reason.")
    return answer.status


async def _exchange(path: Path, request: ScaleRequest) -> bytes:
    reader, writer = await asyncio.open_unix_connection(str(path), limit=LONGEST_LINE)
    try:
        writer.write(request.model_dump_json().encode() + b"\n")
        await writer.drain()
        return await reader.readline()
    finally:
        writer.close()
