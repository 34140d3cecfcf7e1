"""ECS is told while a worker makes an order for long; a real server plays the ECS agent."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import structlog
from aiohttp import web
from aiohttp.test_utils import TestServer

from shared.runtime.lifecycle import background_task
from tests.support.cashier import open_cashier, settings_for
from worker.task_protection import UNPROTECTED_SECONDS, TaskProtection

ON, OFF = {"ProtectionEnabled": True}, {"ProtectionEnabled": False}
PROTECTED = {"protection": {"ProtectionEnabled": True, "TaskArn": "arn:aws:ecs:…:task/cafe/1"}}
FAILURE = {"failure": {"Arn": "arn:aws:ecs:…:task/cafe/1", "Reason": "TASK_NOT_VALID"}}


@dataclass
class Agent:
    """The agent's route; `answers` come before the usual one, and time is what a test says."""

    asked: asyncio.Queue[Any] = field(default_factory=asyncio.Queue)
    answers: list[web.Response] = field(default_factory=list)
    now: float = 0.0

    async def put(self, request: web.Request) -> web.StreamResponse:
        self.asked.put_nowait(await request.json())
        return self.answers.pop(0) if self.answers else web.json_response(PROTECTED)

    async def next(self) -> Any:
        async with asyncio.timeout(20):
            return await self.asked.get()


@contextlib.asynccontextmanager
async def url_of(agent: Agent) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_put("/api/1-cafe/task-protection/v1/state", agent.put)
    async with TestServer(app, host="127.0.0.1") as server:
        yield str(server.make_url("/api/1-cafe"))


@contextlib.asynccontextmanager
async def protected(agent: Agent) -> AsyncIterator[TaskProtection]:
    async with url_of(agent) as url:
        protection = TaskProtection(url, lambda: agent.now)
        async with background_task(protection.run(), "task protection"):
            yield protection


async def test_a_task_is_protected_for_as_long_as_an_order_takes_and_not_after() -> None:
    agent = Agent()
    async with protected(agent) as protection:
        with protection.held(UNPROTECTED_SECONDS + 601):
            assert await agent.next() == ON | {"ExpiresInMinutes": 11}
            with protection.held(UNPROTECTED_SECONDS + 1201):
                assert await agent.next() == ON | {"ExpiresInMinutes": 21}
            with protection.held(UNPROTECTED_SECONDS + 300):
                await asyncio.sleep(0)
        assert await agent.next() == OFF
    assert agent.asked.empty()


async def test_an_order_that_a_stop_has_time_for_is_not_told_of() -> None:
    agent = Agent()
    async with protected(agent) as protection:
        with protection.held(UNPROTECTED_SECONDS):
            await asyncio.sleep(0.05)
        await asyncio.sleep(0.05)
    assert agent.asked.empty()


async def test_protection_ends_when_the_rest_is_short_enough() -> None:
    agent = Agent()
    async with protected(agent) as protection:
        with protection.held(UNPROTECTED_SECONDS + 0.2):
            assert await agent.next() == ON | {"ExpiresInMinutes": 1}
            agent.now += 1
            assert await agent.next() == OFF


@pytest.mark.parametrize(
    "answer",
    [
        web.json_response(FAILURE),
        web.json_response({"error": {"Code": "AccessDenied"}}, status=400),
        web.Response(status=502, text="<html>"),
        web.json_response(["protection"]),
    ],
)
async def test_what_the_agent_refuses_is_logged_and_tried_again_and_harms_no_order(
    answer: web.Response, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worker.task_protection._RETRY_SECONDS", 0.05)
    agent = Agent(answers=[answer])
    with structlog.testing.capture_logs() as logs:
        async with protected(agent) as protection:
            with protection.held(UNPROTECTED_SECONDS + 60):
                assert await agent.next() == await agent.next() == ON | {"ExpiresInMinutes": 1}
            assert await agent.next() == OFF
    failed = [log for log in logs if log["event"] == "task_protection.failed"]
    assert len(failed) == 1


async def test_without_an_agent_orders_are_made_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("worker.task_protection._RETRY_SECONDS", 0.02)
    protection = TaskProtection("http://127.0.0.1:9")
    with structlog.testing.capture_logs() as logs:
        async with background_task(protection.run(), "task protection"):
            with protection.held(UNPROTECTED_SECONDS + 60):
                async with asyncio.timeout(5):
                    while len(logs) < 2:  # noqa: ASYNC110 - it logs, and sets no event
                        await asyncio.sleep(0.01)
    assert {log["event"] for log in logs} == {"task_protection.failed"}


async def test_a_worker_in_a_task_of_ecs_has_it_protected_while_an_order_takes_long(
    ministack: str, tmp_path: Path
) -> None:
    agent, settings = Agent(), settings_for(ministack, tmp_path)
    async with url_of(agent) as url, open_cashier(settings) as cashier:
        assert (await cashier.place()).status == 201
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "worker"),
            env={
                **os.environ,
                "ECS_AGENT_URI": url,
                "COFFEE_AWS_ENDPOINT_URL": ministack,
                "COFFEE_NAME_PREFIX": settings.name_prefix,
                "COFFEE_STATE_DIR": str(tmp_path),
                "COFFEE_BREW_SPEED": "0.1",
            },
        )
        try:
            told = await agent.next()
            assert (told["ProtectionEnabled"], 1 <= told["ExpiresInMinutes"] <= 60) == (True, True)
        finally:
            process.kill()
            await process.wait()
