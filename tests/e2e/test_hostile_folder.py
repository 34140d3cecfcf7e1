"""Files in the folder from which the shop is opened are not run as its programs."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from tests.support.shop import ORDER, open_shop, reaches

OURS = ("producer", "worker", "notifier", "shared", "shop")
STANDARD = ("json", "asyncio", "logging", "sitecustomize")
OTHERS = ("structlog", "aiohttp", "ministack", "hypercorn")


@pytest.mark.parametrize("is_package", [False, True])
async def test_no_module_in_the_current_folder_is_run_instead_of_the_shops_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_package: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    was_run = tmp_path / "was-run"
    for name in (*OURS, *STANDARD, *OTHERS):
        _plant(tmp_path, name, was_run, is_package=is_package)
    async with (
        open_shop(tmp_path / "var", COFFEE_BREW_SPEED="0") as shop,
        httpx.AsyncClient(base_url=shop.url) as client,
    ):
        placed = (await client.post("/orders", json=ORDER)).json()
        await reaches(client, placed["id"], "ready")
    assert not was_run.exists(), was_run.read_text()


def _plant(folder: Path, name: str, was_run: Path, *, is_package: bool) -> None:
    """Write a module that notes that it was run, and does nothing else."""
    code = f"open({str(was_run)!r}, 'a').write({name + chr(10)!r})\n"
    if not is_package:
        (folder / f"{name}.py").write_text(code)
        return
    (folder / name).mkdir()
    for file in ("__init__.py", "__main__.py"):
        (folder / name / file).write_text(code)
