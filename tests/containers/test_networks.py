"""Which container reaches which: nobody but the services reaches the emulator."""

from __future__ import annotations

import json

import pytest

from tests.support.containers import ContainerShop, run

pytestmark = pytest.mark.timeout(300)

REACHES = (
    "import socket, sys\n"
    "try: socket.create_connection((sys.argv[1], int(sys.argv[2])), 3); print('yes')\n"
    "except OSError: print('no')"
)


@pytest.mark.parametrize("service", ["producer", "worker", "photos", "notifier"])
async def test_the_services_reach_the_emulator(shop: ContainerShop, service: str) -> None:
    (container, *_) = await shop.containers(service)
    assert await _reaches(shop, container, "ministack", 4566)


async def test_nothing_else_reaches_the_emulator(shop: ContainerShop) -> None:
    (emulator,) = await shop.containers("ministack")
    assert await _networks(shop, emulator) == {"inside"}
    (nginx,) = await shop.containers("nginx")
    assert "inside" not in await _networks(shop, nginx)
    (found,) = json.loads(await run("docker", "inspect", emulator))
    assert not any(found["NetworkSettings"]["Ports"].values())


@pytest.mark.parametrize(
    ("service", "has_a_way_out"),
    [
        ("ministack", False),
        ("producer", False),
        ("worker", False),
        ("photos", False),
        ("notifier", True),
    ],
)
async def test_only_the_notifier_has_a_way_out(
    shop: ContainerShop, service: str, *, has_a_way_out: bool
) -> None:
    """Docker forwards nothing from an internal network to anywhere else."""
    (container, *_) = await shop.containers(service)
    names = [f"{shop.project}_{name}" for name in await _networks(shop, container)]
    found = json.loads(await run("docker", "network", "inspect", *names))
    assert any(not network["Internal"] for network in found) == has_a_way_out


async def test_only_nginx_is_published_and_on_loopback_alone(shop: ContainerShop) -> None:
    for service in ("ministack", "producer", "worker", "photos", "notifier", "nginx"):
        (container, *_) = await shop.containers(service)
        (found,) = json.loads(await run("docker", "inspect", container))
        bound = [each for port in found["NetworkSettings"]["Ports"].values() for each in port or ()]
        assert [each["HostIp"] for each in bound] == ["127.0.0.1"] * (service == "nginx")


async def _reaches(shop: ContainerShop, container: str, host: str, port: int) -> bool:
    command = ("python", "-c", REACHES, host, str(port))
    return (await shop.execute(container, *command)).strip() == "yes"


async def _networks(shop: ContainerShop, container: str) -> set[str]:
    (found,) = json.loads(await run("docker", "inspect", container))
    return {name.removeprefix(f"{shop.project}_") for name in found["NetworkSettings"]["Networks"]}
