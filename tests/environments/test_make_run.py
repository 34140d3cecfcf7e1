"""`make run` opens the shop in the environments that people have, or says why not in one line.

A bare copy of the project is installed once for each Python that is found, in a folder whose path
is long and has spaces, umlauts and characters that shells read.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.environments.checkout import Checkout
from tests.support.shop import ORDER, reaches

pytestmark = [pytest.mark.timeout(1200), pytest.mark.skipif(os.name != "posix", reason="make")]

VERSIONS = ("3.11", "3.12", "3.13", "3.14")
AWKWARD = f"Ada's Käffchen, $HOME `x` {'long ' * 20}end"


def interpreter(version: str) -> str | None:
    """Find a Python of that version: on the path, or among pyenv's."""
    if sys.version_info[:2] == tuple(map(int, version.split("."))):
        return str(Path(sys.base_prefix) / "bin/python3")
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    candidates = [
        shutil.which(f"python{version}"),
        *pyenv.glob(f"versions/{version}.*/bin/python3"),
    ]
    for each in candidates:
        asked = each and subprocess.run(
            [each, "-c", "import sys, ssl, ensurepip; print('%d.%d' % sys.version_info[:2])"],
            check=False,
            capture_output=True,
            text=True,
        )
        if asked and asked.stdout.strip() == version:
            return str(each)
    return None


def required(version: str) -> str:
    found = interpreter(version)
    if found is None:
        pytest.skip(f"there is no Python {version} on this machine")
    return found


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """A checkout with the Python of these tests, installed where the user's settings hinder pip."""
    version = "{}.{}".format(*sys.version_info[:2])
    folder = tmp_path_factory.mktemp("environments") / AWKWARD
    checkout = Checkout.copied(folder, required(version))
    made = checkout.make(
        f"PYTHON={checkout.python}",
        ".venv/shop-ready",
        LC_ALL="C",
        PIP_USER="1",
        PIP_REQUIRE_VIRTUALENV="1",
        PIP_TARGET="/nonexistent",
        PYTHONHOME="/nonexistent",
        PYTHONWARNINGS="error",
        MAKEFLAGS="-j8",
        CDPATH="/",
    )
    assert made.returncode == 0, made.stdout + made.stderr
    return checkout


async def serves(url: str) -> None:
    async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
        placed = await client.post("/orders", json=ORDER)
        assert placed.status_code == httpx.codes.CREATED
        await reaches(client, placed.json()["id"], "ready")


def hostile(tmp_path: Path) -> dict[str, str]:
    home = tmp_path / "home"
    (home / ".aws").mkdir(parents=True)
    (home / ".aws/config").write_text("[profile\nnonsense")
    path = tmp_path / "modules"
    path.mkdir()
    for module in ("worker", "shared", "sqlite3", "yaml"):
        (path / f"{module}.py").write_text("raise SystemExit('the wrong module')\n")
    return {
        "HOME": str(home),
        "AWS_PROFILE": "no-such-profile",
        "http_proxy": "http://127.0.0.1:9",
        "HTTPS_PROXY": "http://127.0.0.1:9",
        "ALL_PROXY": "http://127.0.0.1:9",
        "PYTHONHOME": "/nonexistent",
        "PYTHONPATH": str(path),
        "PYTHONWARNINGS": "error",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONSAFEPATH": "1",
        "PIP_USER": "1",
        "TERM": "dumb",
        "TMPDIR": str(tmp_path / "missing"),
        "CDPATH": "/",
        "MAKEFLAGS": "-j8",
        "COLUMNS": "20",
    }


ENCODINGS = {
    "C": {"LANG": "C", "LC_ALL": "C"},
    "C without UTF-8": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    "Latin-1": {"LC_ALL": "de_DE.ISO-8859-1", "PYTHONIOENCODING": "latin-1", "PYTHONUTF8": "0"},
    "ASCII": {"LC_ALL": "POSIX", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"},
    "nothing": {},
}


@pytest.mark.parametrize("encoding", ENCODINGS)
async def test_it_opens_in_a_hostile_environment_in_every_encoding(
    installed: Checkout, tmp_path: Path, encoding: str
) -> None:
    variables = hostile(tmp_path) | ENCODINGS[encoding]
    async with installed.open_shop(**variables, COFFEE_BREW_SPEED="0") as url:
        await serves(url)


async def test_it_opens_without_a_home(installed: Checkout) -> None:
    async with installed.open_shop(HOME="/nonexistent", COFFEE_BREW_SPEED="0") as url:
        await serves(url)


async def test_it_opens_with_every_standard_stream_closed(installed: Checkout) -> None:
    variables = installed.variables({"COFFEE_LOG_LEVEL": "DEBUG", "PYTHONUTF8": "1"})
    process = await asyncio.create_subprocess_exec(
        *("sh", "-c", "exec .venv/bin/python -P -m shop.cli run <&- >&- 2>&-"),
        cwd=installed.folder,
        env=variables,
    )
    url = f"http://127.0.0.1:{variables['COFFEE_PORT']}"
    try:
        async with asyncio.timeout(60), httpx.AsyncClient(base_url=url, trust_env=False) as client:
            while not await ready(client):  # noqa: ASYNC110 - another process, which says nothing
                await asyncio.sleep(0.1)
    finally:
        process.terminate()
        await process.wait()


async def ready(client: httpx.AsyncClient) -> bool:
    try:
        return (await client.get("/readyz")).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


@pytest.mark.parametrize("version", VERSIONS)
async def test_it_opens_on_every_python_that_there_is(
    tmp_path_factory: pytest.TempPathFactory, tmp_path: Path, version: str
) -> None:
    checkout = Checkout.copied(tmp_path_factory.mktemp(f"python{version}"), required(version))
    made = checkout.make(f"PYTHON={checkout.python}", ".venv/shop-ready")
    assert made.returncode == 0, made.stdout + made.stderr

    variables = hostile(tmp_path) | ENCODINGS["C"]
    async with checkout.open_shop(**variables, COFFEE_BREW_SPEED="0") as url:
        await serves(url)


@pytest.mark.parametrize("version", ["3.9", "3.10"])
def test_an_older_python_is_refused_in_one_line(tmp_path: Path, version: str) -> None:
    checkout = Checkout.copied(tmp_path / "copy", required(version))

    refused = checkout.make(f"PYTHON={checkout.python}", "run")

    assert refused.returncode == 2
    assert refused.stdout == ""
    line, of_make = refused.stderr.splitlines()
    assert line.startswith(
        f"The coffee shop needs Python 3.11 or newer: {checkout.python} is Python"
    )
    assert of_make.startswith("make: ***")


def test_a_python_that_is_not_there_is_refused_in_one_line(tmp_path: Path) -> None:
    refused = Checkout.copied(tmp_path / "copy", "").make("PYTHON=nonesuch", "run")

    assert refused.returncode == 2
    assert refused.stderr.splitlines()[0] == (
        "The coffee shop needs Python 3.11 or newer: nonesuch was not found."
    )


def would(checkout: Checkout, *arguments: str) -> str:
    """What `make run` would say first, if it were to install anything."""
    return checkout.make("-n", *arguments, "run").stdout


def test_an_environment_that_is_sound_is_left_as_it_is(installed: Checkout) -> None:
    assert "again" not in would(installed, f"PYTHON={installed.python}")
    assert "install" not in would(installed)


def test_a_moved_checkout_is_noticed(installed: Checkout) -> None:
    moved = installed.folder.rename(installed.folder.with_name("moved"))
    try:
        said = would(Checkout(moved, installed.python))
    finally:
        moved.rename(installed.folder)
    assert "Making .venv again: it was made in another folder." in said


def test_a_python_that_is_gone_or_another_is_noticed(installed: Checkout) -> None:
    python = installed.folder / ".venv/bin/python3"
    before = python.readlink()
    python.unlink()
    try:
        python.symlink_to("/nonexistent/python3")
        gone = would(installed)
        python.unlink()
        python.write_text("#!/bin/sh\necho cpython-309\n")
        python.chmod(0o755)
        another = would(installed)
    finally:
        python.unlink()
        python.symlink_to(before)
    assert "Making .venv again: its Python is gone." in gone
    assert "Making .venv again: its Python is another one now." in another


def test_an_installation_that_was_broken_off_is_noticed(installed: Checkout) -> None:
    stamp = installed.folder / ".venv/shop-ready"
    text = stamp.read_bytes()
    stamp.unlink()
    try:
        said = would(installed)
    finally:
        stamp.write_bytes(text)
    assert "Making .venv again: it was never finished." in said


def test_a_changed_lock_is_installed_into_the_environment_that_there_is(
    installed: Checkout,
) -> None:
    stamp = installed.folder / ".venv/shop-ready"
    times = stamp.stat()
    os.utime(stamp, (0, 0))
    try:
        said = would(installed)
    finally:
        os.utime(stamp, (times.st_atime, times.st_mtime))
    assert "Installing the locked packages" in said
    assert "Making .venv again" not in said
