"""The contents of the image, and its rights at run time."""

from __future__ import annotations

import asyncio
import json
from functools import partial
from pathlib import Path

import pytest

from tests.support.containers import IMAGE, ContainerShop, is_alive, run, until
from tests.support.web import STAFF_KEY

pytestmark = [pytest.mark.timeout(300), pytest.mark.usefixtures("shop")]

BASE = "python:3.13-slim-bookworm"
STATE = ("--tmpfs", "/var/lib/coffeeshop:uid=10001,mode=0700")
CONFINED = ("--read-only", "--cap-drop", "ALL", "--user", "10001")
SETTINGS = (
    "COFFEE_AWS_ENDPOINT_URL=http://ministack:4566",
    f"COFFEE_STAFF_KEY={STAFF_KEY}",
)


async def test_the_image_adds_less_than_250_mb_to_its_base() -> None:
    assert await _size(IMAGE) - await _size(BASE) < 250_000_000


PROGRAMS = (
    *("as", "ld", "cc", "c++", "cpp", "*gcc*", "*g++*", "*clang*", "tcc", "make"),
    *("curl", "wget", "pip*", "uv"),
)
PACKAGES = (
    *("pip", "setuptools", "ensurepip", "ministack", "hypercorn"),
    *("pytest", "test", "tests", "conftest.py"),
)
"""Tools that help an intruder, and HTTP servers that are not used."""


async def test_the_image_holds_no_pip_no_compiler_no_emulator_and_no_tests() -> None:
    programs = " -o ".join(f"-name '{name}'" for name in PROGRAMS)
    packages = " -o ".join(f"-name '{name}'" for name in PACKAGES)
    search = (
        rf"find / -xdev \( -path '*/bin/*' \( {programs} \)"
        rf" -o -path '*/python3*' \( {packages} \) \)"
    )
    found = await run("docker", "run", "--rm", "--user", "0", IMAGE, "sh", "-c", search)
    assert found.split() == []


async def test_every_service_starts_with_nothing_but_its_own_rights(shop: ContainerShop) -> None:
    async with asyncio.TaskGroup() as group:
        for service in ("producer", "worker", "worker.photos", "notifier"):
            group.create_task(_started_confined(shop, service))


async def _started_confined(shop: ContainerShop, service: str) -> None:
    """Run a service beside those of the shop until it is alive, then stop it."""
    network = f"{shop.project}_inside"
    options = (
        *CONFINED,
        *STATE,
        "--network",
        network,
        *(f"--env={setting}" for setting in SETTINGS),
    )
    container = (await run("docker", "run", "-d", *options, IMAGE, "python", "-m", service)).strip()
    try:
        await until(partial(is_alive, container), 90)
        await run("docker", "stop", container)
        status = ("docker", "inspect", "--format", "{{.State.ExitCode}}", container)
        assert (await run(*status)).strip() == "0"
    finally:
        await run("docker", "rm", "-f", container)


async def test_the_command_line_needs_nothing_that_the_image_does_not_have() -> None:
    command = ("python", "-c", "import shop.cli, shop.run, os; print(os.getuid(), os.getgid())")
    printed = await run("docker", "run", "--rm", "--network=none", *CONFINED, IMAGE, *command)
    assert printed.split() == ["10001", "0"]


@pytest.mark.parametrize("service", ["producer", "worker", "photos", "notifier", "nginx"])
async def test_a_container_of_the_shop_has_no_rights_that_it_does_not_need(
    shop: ContainerShop, service: str
) -> None:
    (container, *_) = await shop.containers(service)
    (found,) = json.loads(await run("docker", "inspect", container))
    assert found["HostConfig"]["ReadonlyRootfs"]
    assert found["HostConfig"]["CapDrop"] == ["ALL"]
    assert found["Config"]["User"].split(":")[0] == "10001"


@pytest.fixture
def readable(tmp_path: Path) -> Path:
    """A folder that any user may read."""
    tmp_path.chmod(0o755)
    return tmp_path


async def test_a_secret_may_be_a_file_that_docker_does_not_show(readable: Path) -> None:
    secret = readable / "key"
    secret.write_text("a-key-that-nobody-else-has\n")
    secret.chmod(0o444)
    mount = ("-v", f"{secret}:/run/secrets/coffee_staff_key:ro")
    ask = (
        "from producer.settings import CashierSettings\n"
        "from shared.runtime.startup import read_settings\n"
        "print(read_settings(CashierSettings).staff_key)"
    )
    command = ("docker", "run", "--rm", "--network=none", *CONFINED, *mount, IMAGE)
    assert (await run(*command, "python", "-c", ask)).strip() == "a-key-that-nobody-else-has"
    secret.chmod(0o000)
    with pytest.raises(AssertionError, match="coffee_staff_key cannot be read: Permission denied"):
        await run(*command, "python", "-m", "producer")


async def test_no_file_in_the_current_folder_is_run_instead_of_a_service(readable: Path) -> None:
    for name in ("producer", "json"):
        (readable / f"{name}.py").write_text("print('not ours')")
        (readable / f"{name}.py").chmod(0o444)
    options = ("--rm", "--network=none", *CONFINED, "-w", "/there", "-v", f"{readable}:/there:ro")
    ask = ("python", "-c", "import json, producer; print(json.__file__, producer.__file__)")
    printed = await run("docker", "run", *options, IMAGE, *ask)
    assert "/there" not in printed


async def test_the_health_check_distinguishes_a_service_that_is_alive_from_one_that_is_not(
    shop: ContainerShop,
) -> None:
    (producer, *_) = await shop.containers("producer")
    check = "python -m shared.runtime.healthcheck; echo $?"
    assert (await shop.execute(producer, "sh", "-c", check)).strip() == "0"
    unused_port = f"COFFEE_PORT=9 {check}"
    assert (await shop.execute(producer, "sh", "-c", unused_port)).strip() == "1"


async def _size(image: str) -> int:
    return int(await run("docker", "image", "inspect", "--format", "{{.Size}}", image))
