"""What is in the image, and with how few rights it runs."""

from __future__ import annotations

import json

import pytest

from tests.support.containers import IMAGE, ContainerShop, run

pytestmark = [pytest.mark.timeout(300), pytest.mark.usefixtures("shop")]

BASE = "python:3.13-slim-bookworm"
CONFINED = ("--rm", "--read-only", "--cap-drop", "ALL", "--user", "10001", "--network", "none")


async def test_the_image_adds_less_than_250_mb_to_its_base() -> None:
    assert await _size(IMAGE) - await _size(BASE) < 250_000_000


async def test_the_image_holds_no_pip_no_compiler_and_no_tests() -> None:
    search = (
        r"find / -xdev \( -path '*/bin/*' \( -name 'pip*' -o -name cc -o -name 'gcc*' \)"
        r" -o -name curl -o -name ensurepip -o -name setuptools -o -path '*/site-packages/pip'"
        r" -o -path '*/site-packages/*/tests' -o -name conftest.py \)"
    )
    found = await run("docker", "run", "--rm", "--user", "0", IMAGE, "sh", "-c", search)
    assert found.split() == []


@pytest.mark.parametrize("service", ["producer", "worker", "notifier"])
async def test_a_service_starts_with_nothing_but_its_own_rights(service: str) -> None:
    command = ("python", "-c", f"import {service}.__main__, shop.cli, os; print(os.getuid())")
    assert (await run("docker", "run", *CONFINED, IMAGE, *command)).strip() == "10001"


@pytest.mark.parametrize("service", ["producer", "worker", "notifier", "nginx"])
async def test_a_container_of_the_shop_has_no_rights_that_it_does_not_need(
    shop: ContainerShop, service: str
) -> None:
    (container, *_) = await shop.containers(service)
    (found,) = json.loads(await run("docker", "inspect", container))
    assert found["HostConfig"]["ReadonlyRootfs"]
    assert found["HostConfig"]["CapDrop"] == ["ALL"]
    assert found["Config"]["User"].split(":")[0] == "10001"


async def test_the_health_check_tells_a_service_that_is_alive_from_one_that_is_not(
    shop: ContainerShop,
) -> None:
    (producer, *_) = await shop.containers("producer")
    check = "python -m shared.runtime.healthcheck; echo $?"
    assert (await shop.execute(producer, "sh", "-c", check)).strip() == "0"
    nobody = f"COFFEE_PORT=9 {check}"
    assert (await shop.execute(producer, "sh", "-c", nobody)).strip() == "1"


async def _size(image: str) -> int:
    return int(await run("docker", "image", "inspect", "--format", "{{.Size}}", image))
