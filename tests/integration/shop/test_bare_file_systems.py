"""A state folder on a file system without links, modes or locks: it works, or says why not."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import httpx
import pytest

from tests.support.shop import COFFEESHOP, ORDER, open_shop, reaches

pytestmark = pytest.mark.timeout(120)

WITHOUT = str(Path(__file__).parents[2] / "support/bare_file_system")


async def test_a_shop_opens_without_links_and_modes(tmp_path: Path) -> None:
    folder = tmp_path / "var"
    folder.mkdir()
    (folder / "scale.sock").mkdir()  # the control socket cannot be bound either
    async with (
        open_shop(folder, PYTHONPATH=WITHOUT, LACKING="link,chmod", COFFEE_BREW_SPEED="0") as shop,
        httpx.AsyncClient(base_url=shop.url) as client,
    ):
        placed = await client.post("/orders", json=ORDER)
        await reaches(client, placed.json()["id"], "ready")
        assert (await client.get("/orders", headers=shop.staff)).status_code == httpx.codes.OK
    assert "scaling.no_control" in shop.log.read_text()


async def test_a_key_that_others_can_read_is_told_where_modes_cannot_be_set(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "var"
    folder.mkdir()
    (folder / "staff-key").write_text("a-key-that-others-can-read\n")
    (folder / "staff-key").chmod(0o644)
    async with open_shop(folder, PYTHONPATH=WITHOUT, LACKING="chmod") as shop:
        assert shop.staff_key == "a-key-that-others-can-read"
    assert "staff_key.is_readable_by_others" in shop.log.read_text()


def test_a_folder_without_locks_is_refused_in_one_line(tmp_path: Path) -> None:
    variables = {"PYTHONPATH": WITHOUT, "LACKING": "flock", "COFFEE_STATE_DIR": str(tmp_path)}
    refused = subprocess.run(
        [COFFEESHOP, "run"],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, **variables},
    )

    assert refused.returncode == 2
    (line,) = refused.stderr.splitlines()
    assert line == (
        f"The folder {tmp_path}/ cannot be locked: Operation not permitted. Orders need a file "
        "system with locks; COFFEE_STATE_DIR names another folder."
    )
