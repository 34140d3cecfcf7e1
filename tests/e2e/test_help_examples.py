"""An example of every command, as its help page has it, is typed into a shell, and works."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path

import pytest

from tests.e2e.test_running_a_shop import Terminal, opened
from tests.support.waiting import eventually
from tests.unit.shop.test_help_pages import PAGES, examples

pytestmark = pytest.mark.timeout(240)

ELSEWHERE = {
    "run", "order", "load", "scale", "provision", "adopt", "topics follow", "topics resume",
    "dlq show", "photos consent",
}  # fmt: skip
"""They go on until they are ended, or want AWS or something that has failed: each has a test of
its own in `tests/integration/shop`."""

PLACED = {"cancel"}
TAKEN = {"complete", "release"}
READY = {"collect", "remake"}
NUMBER, ID = "042", "rjqiebn3nlpmskscwlj3sk4eua"

DRAWN = "from PIL import Image; Image.new('RGB', (800, 600), 'tan').save('latte.jpg')"

BEFORE = {
    "photos": f'.venv/bin/python -c "{DRAWN}"',
    "photos upload": f'.venv/bin/python -c "{DRAWN}"',
    "menu import": "coffeeshop menu export menu.yaml --force || coffeeshop menu export menu.yaml",
    "keys withdraw": "coffeeshop keys list | grep -q Ada || coffeeshop keys add Ada",
    "restore": "coffeeshop backup friday.sqlite3 --force",
}
AFTER = {
    "hours closed": "coffeeshop hours clear --all",
    "hours set": "coffeeshop hours clear --all",
    "keys": "coffeeshop keys withdraw Ada",
    "pause": "coffeeshop open",
}
"""So that the next examples find the shop as they expect it."""


class Bar:
    """The shop's orders, as a test brings them into the state that an example wants."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._url = f"http://127.0.0.1:{terminal.environment['COFFEE_PORT']}"

    def asked(self, path: str, body: object = None) -> dict[str, str]:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{self._url}{path}", data, headers)
        with urllib.request.urlopen(request, timeout=10) as answer:
            found: dict[str, str] = json.load(answer)
        return found

    async def taken(self) -> dict[str, str]:
        line = {"item": "latte", "size": "large", "quantity": 1}
        order = self.asked("/orders", {"customer_name": "Ada", "items": [line]})

        def in_hand() -> bool:
            return self.asked(f"/orders/{order['id']}")["state"] == "preparing"

        await eventually(in_hand, 20)
        return order

    async def wanted_by(self, name: str, example: str) -> str:
        """Put an order in the place of the example's, in the state that it wants."""
        if name not in PLACED | TAKEN | READY:
            return example
        order = await self.taken()
        if name in READY:
            await self._terminal.types(f".venv/bin/coffeeshop complete {order['number']}")
        return example.replace(NUMBER, order["number"]).replace(ID, order["id"])

    def subscription(self) -> str:
        """Make a subscription; give the assignments of the variables that examples name."""
        hook = {"channel": "webhook", "url": "https://ada.example/hook"}
        made = self.asked("/topics/coupons/subscriptions", hook)
        return f"ID={made['id']} TOKEN={made['manage_token']}"


def first_example(name: str) -> str:
    """The example that needs the fewest things of its reader's, without what its output goes to."""
    own = [one for one in examples(tuple(name.split())) if "/srv/" not in one and "<" not in one]
    return own[0].split(" | ")[0].replace("restore 3", "restore 1").replace("EDITOR=nano ", "")


COMMANDS = sorted({" ".join(path) for path in PAGES if path} - ELSEWHERE)


async def test_an_example_of_every_command_works(tmp_path: Path) -> None:
    async with opened("COFFEE_BARISTA_HAND=people make run", tmp_path) as terminal:
        bar, failed = Bar(terminal), {}
        for name in COMMANDS:
            example = await bar.wanted_by(name, first_example(name))
            setting = {"restore": "COFFEE_STATE_DIR=other", "demo": "COFFEE_STATE_DIR=demo"}
            variables = f"export EDITOR=true COLUMNS=80 {setting.get(name, '')}"
            if "$ID" in example:
                variables += f" {bar.subscription()}"
            path = 'export PATH="$PWD/.venv/bin:$PATH"'
            steps = [path, BEFORE.get(name, ":"), variables, f"{example} && {AFTER.get(name, ':')}"]
            status, said = await terminal.types("; ".join(steps))
            if status != 0:
                failed[name] = (example, said)
    assert failed == {}
