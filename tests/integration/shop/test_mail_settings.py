"""With a mail server and no address of the shop, nothing starts: one line says what to set."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

COFFEESHOP = str(Path(sys.executable).with_name("coffeeshop"))
NOTIFIER = (sys.executable, "-P", "-m", "notifier")
MAIL = {
    "COFFEE_SMTP_URL": "smtp://mail.coffee.example",
    "COFFEE_MAIL_FROM": "shop@coffee.example",
}


@pytest.mark.parametrize("command", [(COFFEESHOP, "run"), NOTIFIER])
def test_a_shop_that_would_mail_links_to_itself_does_not_start(
    command: tuple[str, ...], tmp_path: Path
) -> None:
    settings = {**MAIL, "COFFEE_STATE_DIR": str(tmp_path / "var"), "COFFEE_PORT": "0"}
    ended = subprocess.run(
        command, env={**os.environ, **settings}, capture_output=True, timeout=50, check=False
    )
    assert ended.returncode == 2
    (line,) = ended.stderr.decode().splitlines()
    assert line.startswith("COFFEE_PUBLIC_URL: links in mail would lead to http://127.0.0.1:0")
    assert not (tmp_path / "var").exists()
