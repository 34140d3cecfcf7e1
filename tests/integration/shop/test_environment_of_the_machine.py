"""A shop on a machine whose user has proxies and AWS settings of his own, good and bad ones."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import httpx
import pytest

from tests.support.emulator import free_port
from tests.support.shop import COFFEESHOP, ORDER, open_shop, reaches

pytestmark = pytest.mark.timeout(120)


def surroundings(folder: Path) -> dict[str, str]:
    """Make an environment in which everything that a library may read leads nowhere."""
    damaged = folder / "home" / ".aws"
    damaged.mkdir(parents=True)
    (damaged / "config").write_text("[default\nregion = nowhere\n[[[\n")
    (damaged / "credentials").write_text("aws_access_key_id = outside of any section\n")
    (folder / "home" / ".netrc").write_text("default login eve password wrong\n")
    (folder / "home" / ".netrc").chmod(0o600)
    dead = f"http://127.0.0.1:{free_port()}"
    proxies = ("http_proxy", "https_proxy", "all_proxy")
    return {
        **{name: dead for proxy in proxies for name in (proxy, proxy.upper())},
        "no_proxy": "",
        "NO_PROXY": "",
        "HOME": str(folder / "home"),
        "AWS_PROFILE": "nope",
        "AWS_DEFAULT_PROFILE": "nope",
        "AWS_DEFAULT_REGION": "mars-north-1",
        "AWS_REGION": "mars-north-1",
        "AWS_ENDPOINT_URL": dead,
        "AWS_ENDPOINT_URL_SQS": dead,
        "AWS_ENDPOINT_URL_SNS": dead,
        "AWS_ENDPOINT_URL_DYNAMODB": dead,
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "maybe",
        "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "somebody's",
        "AWS_SESSION_TOKEN": "expired",
        "AWS_WEB_IDENTITY_TOKEN_FILE": "/nonexistent",
        "AWS_CA_BUNDLE": "/nonexistent.pem",
        "REQUESTS_CA_BUNDLE": "/nonexistent.pem",
        "SSL_CERT_FILE": "/nonexistent.pem",
        "AWS_MAX_ATTEMPTS": "many",
        "AWS_RETRY_MODE": "never",
        "AWS_DEFAULTS_MODE": "nope",
        "AWS_DATA_PATH": str(folder),
        "AWS_USE_FIPS_ENDPOINT": "true",
        "AWS_USE_DUALSTACK_ENDPOINT": "true",
        "AWS_ACCOUNT_ID_ENDPOINT_MODE": "required",
        "AWS_EC2_METADATA_SERVICE_ENDPOINT": dead,
        "AWS_METADATA_SERVICE_TIMEOUT": "soon",
        "AWS_REQUEST_CHECKSUM_CALCULATION": "nope",
        "AWS_SDK_UA_APP_ID": "x" * 100,
        "AWS_CSM_ENABLED": "true",
        # ministack's own
        "AUTH": "true",
        "GATEWAY_PORT": "1",
        "SERVICES": "s3",
        "MINISTACK_HOST": "nowhere.example",
        "MINISTACK_ACCOUNT_ID": "999999999999",
        "MINISTACK_REGION": "mars-north-1",
        "PERSIST_STATE": "0",
        "STATE_DIR": "/nonexistent",
        "USE_SSL": "1",
    }


async def test_a_shop_opens_whatever_proxies_and_aws_settings_its_user_has(
    tmp_path: Path,
) -> None:
    async with (
        open_shop(tmp_path / "var", None, COFFEE_BREW_SPEED="0", **surroundings(tmp_path)) as shop,
        httpx.AsyncClient(base_url=shop.url, trust_env=False) as client,
    ):
        placed = (await client.post("/orders", json=ORDER)).json()["id"]
        await reaches(client, placed, "ready")
        status, printed = await shop.command("order", "latte:large", "--name", "Ada")

    assert (status, "ready after" in printed) == (0, True), printed


async def test_an_order_store_in_the_emulator_reads_none_of_it_either(
    tmp_path: Path, ministack: str
) -> None:
    async with (
        open_shop(
            tmp_path / "var",
            None,
            COFFEE_STORE="dynamodb",
            COFFEE_AWS_ENDPOINT_URL=ministack,
            COFFEE_NAME_PREFIX="environment-",
            COFFEE_BREW_SPEED="0",
            **surroundings(tmp_path),
        ) as shop,
        httpx.AsyncClient(base_url=shop.url, trust_env=False) as client,
    ):
        placed = (await client.post("/orders", json=ORDER)).json()["id"]
        await reaches(client, placed, "ready")


CONFIGURATIONS = {
    "an unknown profile": ({"AWS_PROFILE": "nope"}, "nope"),
    "a damaged file": ({"AWS_CONFIG_FILE": "damaged"}, "damaged"),
    "a mode that there is not": ({"AWS_DEFAULTS_MODE": "nope"}, "nope"),
    "a bundle that is not there": ({"AWS_CA_BUNDLE": "/nonexistent.pem"}, "No such file"),
    "a proxy that is not there": ({"https_proxy": "http://127.0.0.1:9"}, "127.0.0.1:9"),
}


@pytest.mark.parametrize("case", CONFIGURATIONS)
@pytest.mark.parametrize("command", ["run", "provision"])
async def test_with_aws_itself_the_users_configuration_is_read_and_a_broken_one_is_one_line(
    tmp_path: Path, case: str, command: str
) -> None:
    variables, named = CONFIGURATIONS[case]
    (tmp_path / "damaged").write_text("[default\n[[[\n")
    if "AWS_CONFIG_FILE" in variables:
        variables = {"AWS_CONFIG_FILE": str(tmp_path / "damaged")}
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "COFFEE_"))}
    process = await asyncio.create_subprocess_exec(
        *(COFFEESHOP, command),
        env={
            **clean,
            "HOME": str(tmp_path),
            "COFFEE_PORT": "0",
            "COFFEE_STATE_DIR": str(tmp_path / "var"),
            "COFFEE_EMULATOR": "off",
            "COFFEE_LOG_LEVEL": "ERROR",
            "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "secret",
            **variables,
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(60):
        _, err = await process.communicate()

    assert process.returncode in (1, 2)
    assert len(err.decode().splitlines()) == 1, err.decode()
    assert named in err.decode()
