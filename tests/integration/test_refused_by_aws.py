"""What AWS refuses ends the start of every service with one line; later it is an outage."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from aiobotocore.session import get_session

from shared.aws.clients import aws_clients
from shared.aws.names import Names
from shared.aws.provisioning import provision
from shared.runtime.settings import ServiceSettings, StoreKind
from shared.store.dynamodb.provisioning import provision_table
from shop.processes.probe import wait_until_healthy
from tests.support.emulator import free_port

SERVICES = ("producer", "notifier", "worker", "worker.photos")


@pytest.fixture(scope="module")
def strict() -> Iterator[str]:
    """An emulator that knows its clients, and what each may do."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="strict-") as folder:
        process = subprocess.Popen(
            [str(Path(sys.executable).with_name("ministack"))],
            env={
                "PATH": os.environ["PATH"],
                "HOME": folder,
                "GATEWAY_PORT": str(port),
                "AUTH": "true",
                "SERVICES": "sqs,sns,dynamodb,iam,sts",
                "LOG_LEVEL": "ERROR",
                "DOCKER_HOST": f"unix://{folder}/none.sock",
            },
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(10)


@pytest.fixture
async def shop(strict: str) -> str:
    """Its endpoint, where everything is provisioned."""
    async with asyncio.timeout(20):
        await wait_until_healthy(f"{strict}/_ministack/health")
    settings = ServiceSettings(
        aws_endpoint_url=strict,
        store=StoreKind.DYNAMODB,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    async with aws_clients(settings) as clients:
        await provision(clients, Names())
        assert clients.dynamodb is not None
        await provision_table(clients.dynamodb, "coffee-shop")
    return strict


async def keys_of_a_user_who_may(endpoint: str, *actions: str) -> Mapping[str, str]:
    """Make a user with these rights alone, and give its credentials as settings."""
    statement = {"Effect": "Allow", "Action": [*actions], "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    client = get_session().create_client(
        "iam",
        region_name="us-east-1",
        endpoint_url=endpoint,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    async with client as iam:
        name = f"user-{secrets.token_hex(4)}"
        await iam.create_user(UserName=name)
        await iam.put_user_policy(UserName=name, PolicyName="its", PolicyDocument=document)
        key = (await iam.create_access_key(UserName=name))["AccessKey"]
    return {
        "COFFEE_AWS_ACCESS_KEY_ID": key["AccessKeyId"],
        "COFFEE_AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
    }


async def ended(service: str, folder: Path, variables: Mapping[str, str]) -> tuple[Any, list[str]]:
    """Start a service that is to end by itself, and give its status and what it wrote."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "COFFEE_"))}
    own = {"COFFEE_PORT": "0", "COFFEE_STATE_DIR": str(folder), "COFFEE_LOG_LEVEL": "ERROR"}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", service),
        env={**clean, **own, "HOME": str(folder), **variables},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        async with asyncio.timeout(40):
            out, _ = await process.communicate()
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
    return process.returncode, out.decode().splitlines()


async def test_each_service_ends_with_one_line_when_it_is_nobody_or_may_not_use_its_queues(
    shop: str, tmp_path: Path
) -> None:
    may_not = await keys_of_a_user_who_may(shop, "sts:GetCallerIdentity")
    stranger = {
        "COFFEE_AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
        "COFFEE_AWS_SECRET_ACCESS_KEY": "nobodys",
    }
    for keys, code in ((may_not, "AccessDenied"), (stranger, "InvalidClientTokenId")):
        variables = {"COFFEE_AWS_ENDPOINT_URL": shop, **keys}
        for service in SERVICES:
            status, lines = await ended(service, tmp_path, variables)
            assert (status, len(lines)) == (2, 1), (service, lines)
            assert lines[0].startswith("AWS refuses this start"), lines
            assert f"({code}" in lines[0], lines


@pytest.mark.parametrize("service", SERVICES)
async def test_a_service_that_may_not_read_the_table_ends_with_one_line(
    shop: str, tmp_path: Path, service: str
) -> None:
    keys = await keys_of_a_user_who_may(shop, "sqs:*", "sns:*")
    variables = {"COFFEE_AWS_ENDPOINT_URL": shop, "COFFEE_STORE": "dynamodb", **keys}
    status, lines = await ended(service, tmp_path, variables)
    assert (status, len(lines)) == (2, 1), lines
    assert "GetItem" in lines[0]
    assert "AccessDenied" in lines[0]
