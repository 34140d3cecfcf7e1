"""The commands of docs/operations.md for AWS, as they stand there, on an emulator of AWS over TLS.

It enforces IAM, and its address and certificate are given as a user of another endpoint does.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.least_privilege.stack import ROOT, Account, open_account
from tests.support.certificates import Certificate
from tests.support.emulator import free_port
from tests.support.shop import ORDER, reaches
from tests.support.subscribers import endpoint
from tests.support.waiting import eventually

pytestmark = pytest.mark.timeout(180)

CHECKOUT = Path(__file__).parents[2]
PAGE = (CHECKOUT / "docs/operations.md").read_text()
AWS = shutil.which("aws")
REGION = "eu-central-1"
NEEDS_ACCOUNT = "  # account"
ELSEWHERE = 'aws() { command aws --endpoint-url "$AWS_ENDPOINT_URL" "$@"; }\n'
"""Version 1 of the AWS CLI asks SQS at an old address of AWS, whatever its environment says."""

RUN_ELSEWHERE = {"coffeeshop adopt cafe-coffee-shop-2": "tests/e2e/test_backup.py"}
"""With other names; that test deletes and restores the table under load."""


def section(heading: str) -> str:
    """The text under a heading, up to the next of its rank."""
    rank = heading.partition(" ")[0]
    found = PAGE.partition(f"\n{heading}\n")[2]
    assert found, heading
    return re.split(rf"\n#{{1,{len(rank)}}} ", found)[0]


def blocks(heading: str) -> Sequence[Sequence[str]]:
    """The commands of a section that need no account, by their blocks."""
    found = re.findall(r"```console\n(.*?)```", section(heading), re.DOTALL)
    listed = [re.findall(r"^ *\$ (.+)$", block, re.MULTILINE) for block in found]
    needing_none = [[one for one in block if not one.endswith(NEEDS_ACCOUNT)] for block in listed]
    return [block for block in needing_none if block]


HERE_WITH_AWS = blocks("### Here, with AWS")
ALL_IN_AWS = blocks("### All in AWS")
ALARMS = section("## CloudWatch alarms")
(MOVE_UNDELIVERED,) = re.findall(r"```sh\n(.*?)```", ALARMS, re.DOTALL)


@dataclass(frozen=True)
class Terminal:
    """Where somebody types who has an account, and is in a checkout of the shop."""

    account: Account
    folder: Path
    port: int

    @property
    def variables(self) -> dict[str, str]:
        venv = str(Path(sys.executable).parent)
        return {
            "PATH": f"{venv}:{os.environ['PATH']}",
            "HOME": str(self.folder),
            "AWS_ACCESS_KEY_ID": ROOT,
            "AWS_SECRET_ACCESS_KEY": ROOT,
            "AWS_ENDPOINT_URL": self.account.url,
            "AWS_CA_BUNDLE": str(self.account.certificate),
            "AWS_DEFAULT_REGION": REGION,
            "COFFEE_PORT": str(self.port),
            "COFFEE_STATE_DIR": str(self.folder / "var"),
            "COFFEE_BREW_SPEED": "0",
            "COFFEE_ALLOW_LOOPBACK_WEBHOOKS": "on",
        }

    @contextlib.asynccontextmanager
    async def typing(self, commands: Sequence[str]) -> AsyncIterator[Path]:
        """Type commands, the last of which goes on until Ctrl-C; give what they say."""
        said = self.folder / "said"
        with said.open("wb") as output:
            process = await asyncio.create_subprocess_exec(
                *("bash", "-ec", "\n".join(commands)),
                cwd=CHECKOUT,
                env=self.variables,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        try:
            yield said
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGINT)
            try:
                async with asyncio.timeout(40):
                    await process.wait()
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)

    async def type(self, commands: str) -> None:
        """Type commands that end by themselves."""
        process = await asyncio.create_subprocess_exec(
            *("bash", "-euc", ELSEWHERE + commands), cwd=CHECKOUT, env=self.variables
        )
        try:
            async with asyncio.timeout(30):
                assert await process.wait() == 0
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()


@pytest.fixture
async def terminal(tmp_path: Path) -> AsyncIterator[Terminal]:
    certificate = Certificate.of("127.0.0.1", tmp_path)
    async with open_account(tmp_path, certificate.file, REGION) as account:
        yield Terminal(account, tmp_path, free_port())


def text_of(said: Path) -> str:
    return said.read_text()


async def sells(terminal: Terminal, said: Path, order: Mapping[str, Any] = ORDER) -> str:
    """Wait until the shop is open, and have it make an order; give its id."""
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{terminal.port}") as client:
        try:
            async with asyncio.timeout(60):
                while True:
                    with contextlib.suppress(httpx.TransportError):
                        placed = await client.post("/orders", json=order)
                        if placed.status_code == 201:
                            break
                    await asyncio.sleep(0.1)
            order_id = str(placed.json()["id"])
            await reaches(client, order_id, "ready", seconds=30)
        except TimeoutError as error:
            raise AssertionError(text_of(said)) from error
    return order_id


async def delivers_nothing(account: Account) -> None:
    """Have order events go where SNS puts those that it cannot deliver, in the same form."""
    sns, sqs = await account.client("sns"), await account.client("sqs")
    (topic,) = [
        one["TopicArn"]
        for one in (await sns.list_topics())["Topics"]
        if one["TopicArn"].endswith(":cafe-order-events")
    ]
    for one in (await sns.list_subscriptions_by_topic(TopicArn=topic))["Subscriptions"]:
        if one["Endpoint"].endswith(":cafe-announcements"):
            await sns.unsubscribe(SubscriptionArn=one["SubscriptionArn"])
    url = (await sqs.get_queue_url(QueueName="cafe-announcements-undelivered"))["QueueUrl"]
    found = await sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    await sns.subscribe(
        TopicArn=topic,
        Protocol="sqs",
        Endpoint=found["Attributes"]["QueueArn"],
        Attributes={"RawMessageDelivery": "true"},
    )


def test_every_command_is_run_or_said_to_need_an_account() -> None:
    left = {one for block in ALL_IN_AWS for one in block} - RUN_ELSEWHERE.keys()
    assert left == {command for (command,) in ALL_IN_AWS if "--dry-run" in command}
    assert [block[-1] for block in HERE_WITH_AWS] == ["make run", "make run"]
    assert "```console" not in ALARMS
    for command, test in RUN_ELSEWHERE.items():
        program = '", "'.join(command.split()[1:2])
        assert f'"{program}"' in (CHECKOUT / test).read_text()


async def test_here_with_aws_the_shop_makes_what_it_needs(terminal: Terminal) -> None:
    async with terminal.typing(HERE_WITH_AWS[0]) as said:
        await sells(terminal, said)
        place = f"Queues: AWS, {REGION}, names begin with cafe-\n"
        await eventually(lambda: place in text_of(said), 20)
    assert "cafe-coffee-shop" in text_of(said)


@pytest.mark.skipif(
    AWS is None and "COFFEE_TESTS_SKIP_NOTHING" not in os.environ, reason="there is no AWS CLI"
)
async def test_here_with_aws_on_what_a_template_has_deployed(terminal: Terminal) -> None:
    exports = [one for one in HERE_WITH_AWS[0] if one.startswith("export ")]
    async with endpoint() as hook, terminal.typing([*exports, *HERE_WITH_AWS[1]]) as said:
        await sells(terminal, said)
        await delivers_nothing(terminal.account)
        notify = {"channel": "webhook", "url": hook.url}
        order_id = await sells(terminal, said, {**ORDER, "notify": notify})
        assert not hook.events
        await terminal.type(MOVE_UNDELIVERED)
        events = await hook.receives(3)
    assert {event["subject"] for event in events} == {order_id}
    assert "Deploying cafe-coffeeshop-data" in text_of(said)


async def test_a_dry_run_needs_no_account(terminal: Terminal) -> None:
    ((dry_run,),) = [block for block in ALL_IN_AWS if "--dry-run" in block[0]]
    async with terminal.typing([dry_run, "exec sleep 60"]) as said:
        await eventually(lambda: "cloudformation deploy --stack-name cafe-" in text_of(said), 20)
