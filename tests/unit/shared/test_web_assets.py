"""Assets: addresses that change with the contents, and what is left out of them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from shared.web.pages.assets import Assets

SHARED = b"""// What it is.

/**
 * Typed * and ** starred.
 * @returns {number}
 */
export function one() {
  return /** @type {number} */ (1); // a comment beside code stays, as in "https://x"
}
/* a */ export const two = 2;
/* b */
"""

OWN = b"""import { one } from "/assets/shared.js";
import {
  two,
} from "./near.js";
export { three } from "./far.js";
one(two);
"""


@pytest.fixture
def shared(tmp_path: Path) -> Assets:
    return assets(tmp_path / "shared", "/assets", {"shared.js": SHARED})


def assets(folder: Path, root: str, files: dict[str, bytes], *uses: Assets) -> Assets:
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return Assets(root, folder, uses)


def of_a_service(tmp_path: Path, shared: Assets) -> Assets:
    files = {"own.js": OWN, "near.js": b'import "./far.js";\n', "far.js": b"", "secret.py": b""}
    return assets(tmp_path / "own", "/pages", files, shared)


def test_comments_and_indentation_are_left_out_and_code_is_not(shared: Assets) -> None:
    assert shared.files["shared.js"] == (b"export function one(){return(1);}\nexport const two=2;")


def test_a_module_names_shared_ones_by_the_version_that_there_is(
    tmp_path: Path, shared: Assets
) -> None:
    own = of_a_service(tmp_path, shared)
    assert f'from"/assets/{shared.version}/shared.js"'.encode() in own.files["own.js"]
    base = f"/pages/{own.version}"
    assert sorted(own.imports("own.js")) == [
        f"/assets/{shared.version}/shared.js",
        f"{base}/far.js",
        f"{base}/near.js",
    ]


def test_a_change_anywhere_below_changes_the_address(tmp_path: Path, shared: Assets) -> None:
    own = of_a_service(tmp_path, shared)
    before = own.url("far.js")
    (shared.folder / "shared.js").write_bytes(SHARED + b"two;\n")
    changed = Assets("/assets", shared.folder)
    after = Assets("/pages", own.folder, (changed,))
    assert after.url("far.js") != before


def test_only_assets_are_sent(tmp_path: Path, shared: Assets) -> None:
    assert of_a_service(tmp_path, shared).files.keys() == {"own.js", "near.js", "far.js"}
    with pytest.raises(KeyError):
        shared.url("../texts/en.json")


@pytest.fixture
async def client(shared: Assets) -> AsyncIterator[aiohttp.ClientSession]:
    app = web.Application()
    operation = shared.operation()
    app.router.add_get(operation.path, operation.handler)
    async with TestServer(app) as server, aiohttp.ClientSession(server.make_url("/")) as client:
        yield client


async def test_an_asset_is_kept_for_ever_and_one_of_an_older_release_is_not(
    client: aiohttp.ClientSession, shared: Assets
) -> None:
    async with client.get(shared.url("shared.js")) as response:
        assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert response.headers["Content-Type"] == "text/javascript; charset=utf-8"
    async with client.get("/assets/0123456789ab/shared.js") as response:
        assert response.headers["Cache-Control"] == "no-cache"
        assert await response.read() == shared.files["shared.js"]
