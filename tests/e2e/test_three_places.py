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
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.e2e.least_privilege.stack import ROOT, Account, open_account
from tests.support.certificates import Certificate
from tests.support.emulator import free_port
from tests.support.shop import ORDER, reaches
from tests.support.waiting import eventually

pytestmark = pytest.mark.timeout(180)

CHECKOUT = Path(__file__).parents[2]
PAGE = (CHECKOUT / "docs/operations.md").read_text()
AWS = shutil.which("aws")
NEEDS_ACCOUNT = "  # account"
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
            "AWS_DEFAULT_REGION": "eu-central-1",
            "COFFEE_PORT": str(self.port),
            "COFFEE_STATE_DIR": str(self.folder / "var"),
            "COFFEE_BREW_SPEED": "0",
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


@pytest.fixture
async def terminal(tmp_path: Path) -> AsyncIterator[Terminal]:
    certificate = Certificate.of("127.0.0.1", tmp_path)
    async with open_account(tmp_path, certificate.file) as account:
        yield Terminal(account, tmp_path, free_port())


def text_of(said: Path) -> str:
    return said.read_text()


async def sells(terminal: Terminal, said: Path) -> None:
    """Wait until the shop is open, and have it make an order."""
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{terminal.port}") as client:
        try:
            async with asyncio.timeout(60):
                while True:
                    with contextlib.suppress(httpx.TransportError):
                        placed = await client.post("/orders", json=ORDER)
                        if placed.status_code == 201:
                            break
                    await asyncio.sleep(0.1)
            await reaches(client, placed.json()["id"], "ready", seconds=30)
        except TimeoutError as error:
            raise AssertionError(text_of(said)) from error


def test_every_command_is_run_or_said_to_need_an_account() -> None:
    left = {one for block in ALL_IN_AWS for one in block} - RUN_ELSEWHERE.keys()
    assert left == {command for (command,) in ALL_IN_AWS if "--dry-run" in command}
    assert [block[-1] for block in HERE_WITH_AWS] == ["make run", "make run"]
    for command, test in RUN_ELSEWHERE.items():
        program = '", "'.join(command.split()[1:2])
        assert f'"{program}"' in (CHECKOUT / test).read_text()


async def test_here_with_aws_the_shop_makes_what_it_needs(terminal: Terminal) -> None:
    async with terminal.typing(HERE_WITH_AWS[0]) as said:
        await sells(terminal, said)
    assert "cafe-coffee-shop" in text_of(said)


@pytest.mark.skipif(
    AWS is None and "COFFEE_TESTS_SKIP_NOTHING" not in os.environ, reason="there is no AWS CLI"
)
async def test_here_with_aws_on_what_a_template_has_deployed(terminal: Terminal) -> None:
    exports = [one for one in HERE_WITH_AWS[0] if one.startswith("export ")]
    async with terminal.typing([*exports, *HERE_WITH_AWS[1]]) as said:
        await sells(terminal, said)
    assert "Deploying cafe-coffeeshop-data" in text_of(said)


async def test_a_dry_run_needs_no_account(terminal: Terminal) -> None:
    ((dry_run,),) = [block for block in ALL_IN_AWS if "--dry-run" in block[0]]
    async with terminal.typing([dry_run, "exec sleep 60"]) as said:
        await eventually(lambda: "cloudformation deploy --stack-name cafe-" in text_of(said), 20)
