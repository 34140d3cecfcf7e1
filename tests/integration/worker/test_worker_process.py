"""A worker as a process of its own: `python -m worker`."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import sys
from pathlib import Path

import httpx

from shared.aws.clients import aws_clients
from shared.aws.names import Names
from shared.aws.provisioning import provision
from shared.runtime.settings import ServiceSettings
from tests.support.emulator import free_port, running_ministack
from tests.support.notifier import NO_TLS


async def worker(**environment: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "worker",
        env={**os.environ, **environment},
        stderr=asyncio.subprocess.PIPE,
    )


async def answers(url: str, path: str) -> httpx.Response:
    async with asyncio.timeout(20), httpx.AsyncClient(base_url=url, verify=NO_TLS) as client:
        while True:
            try:
                return await client.get(path)
            except httpx.ConnectError:
                await asyncio.sleep(0.05)


async def becomes(url: str, status: int) -> None:
    """Wait until /readyz answers with a status."""
    async with asyncio.timeout(30):
        while (await answers(url, "/readyz")).status_code != status:  # noqa: ASYNC110 - as eventually
            await asyncio.sleep(0.05)


async def test_it_is_ready_on_its_own_port_and_stops_within_a_poll(
    ministack: str, tmp_path: Path
) -> None:
    prefix = f"{secrets.token_hex(4)}-"
    async with aws_clients(ServiceSettings(aws_endpoint_url=ministack)) as clients:
        await provision(clients, Names(prefix))
    port = free_port()
    process = await worker(
        COFFEE_AWS_ENDPOINT_URL=ministack,
        COFFEE_NAME_PREFIX=prefix,
        COFFEE_STATE_DIR=str(tmp_path),
        COFFEE_WORKER_PORT=str(port),
        COFFEE_POLL_SECONDS="1",
    )
    url = f"http://127.0.0.1:{port}"
    ready = await answers(url, "/readyz")
    assert ready.status_code == 200, ready.text
    assert (await answers(url, "/healthz")).status_code == 200
    process.terminate()
    async with asyncio.timeout(5):
        assert await process.wait() == 0


async def test_it_stops_on_sigusr1_too(ministack: str, tmp_path: Path) -> None:
    prefix = f"{secrets.token_hex(4)}-"
    async with aws_clients(ServiceSettings(aws_endpoint_url=ministack)) as clients:
        await provision(clients, Names(prefix))
    port = free_port()
    process = await worker(
        COFFEE_AWS_ENDPOINT_URL=ministack,
        COFFEE_NAME_PREFIX=prefix,
        COFFEE_STATE_DIR=str(tmp_path),
        COFFEE_WORKER_PORT=str(port),
        COFFEE_POLL_SECONDS="1",
    )
    await becomes(f"http://127.0.0.1:{port}", 200)
    process.send_signal(signal.SIGUSR1)
    async with asyncio.timeout(5):
        assert await process.wait() == 0


async def test_it_is_not_ready_while_its_polls_fail_and_ready_again_when_they_do_not(
    tmp_path: Path,
) -> None:
    queues, health = free_port(), free_port()
    url = f"http://127.0.0.1:{health}"
    with running_ministack(queues) as endpoint:
        async with aws_clients(ServiceSettings(aws_endpoint_url=endpoint)) as clients:
            await provision(clients, Names())
        process = await worker(
            COFFEE_AWS_ENDPOINT_URL=endpoint,
            COFFEE_STATE_DIR=str(tmp_path),
            COFFEE_WORKER_PORT=str(health),
            COFFEE_POLL_SECONDS="1",
        )
        await becomes(url, 200)
    await becomes(url, 503)
    with running_ministack(queues):
        async with aws_clients(ServiceSettings(aws_endpoint_url=endpoint)) as clients:
            await provision(clients, Names())
        await becomes(url, 200)
        process.terminate()
        assert await process.wait() == 0


async def test_it_stops_while_it_waits_for_queues_that_are_not_there(tmp_path: Path) -> None:
    process = await worker(
        COFFEE_AWS_ENDPOINT_URL=f"http://127.0.0.1:{free_port()}", COFFEE_STATE_DIR=str(tmp_path)
    )
    assert process.stderr is not None
    async with asyncio.timeout(20):
        async for line in process.stderr:
            if b"queues.not_there_yet" in line:
                break
        process.terminate()
        assert await process.wait() == 0


async def test_each_error_in_its_settings_is_one_line_and_exit_status_2() -> None:
    errors = {
        "COFFEE_WORKER_CONCURRENCY": "many",
        "COFFEE_BREW_SPEED": "-1",
        "COFFEE_STORE": "paper",
        "COFFEE_LOG_LEVEL": "loud",
        "COFFEE_AWS_ENDPOINT_URL": "localhost:4566",
    }
    process = await worker(**errors)
    _, output = await process.communicate()
    assert process.returncode == 2
    named = [line.split(": ")[0] for line in output.decode().splitlines()]
    assert sorted(named) == sorted(errors)
