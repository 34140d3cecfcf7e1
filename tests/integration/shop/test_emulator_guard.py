"""The emulator of a running shop, as a process meets it that was not given its credentials."""

from __future__ import annotations

import asyncio
import configparser
import re
import stat
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import psutil
import pytest
import pytest_asyncio
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from shared.aws.clients import AwsClients, aws_clients
from shared.aws.names import Names
from shared.runtime.settings import ServiceSettings
from tests.support.shop import ORDER, RunningShop, open_shop, reaches

pytestmark = [pytest.mark.timeout(120), pytest.mark.asyncio(loop_scope="module")]

STRANGER = Credentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
LIST_QUEUES = {
    "Content-Type": "application/x-amz-json-1.0",
    "X-Amz-Target": "AmazonSQS.ListQueues",
}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shop(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningShop]:
    """A shop whose barista is busy for the whole test: an order waits in the queue."""
    async with open_shop(tmp_path_factory.mktemp("shop") / "var", COFFEE_BARISTAS="1") as shop:
        yield shop


@pytest.fixture
def own(shop: RunningShop) -> ServiceSettings:
    return shop.emulator_settings()


@pytest.fixture
def url(own: ServiceSettings) -> str:
    return str(own.aws_endpoint_url)


@asynccontextmanager
async def stranger_at(url: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=url, timeout=5, trust_env=False) as client:
        yield client


def own_key(own: ServiceSettings) -> Credentials:
    return Credentials(str(own.aws_access_key_id), str(own.aws_secret_access_key))


def signed(
    url: str, credentials: Credentials, headers: Mapping[str, str] = LIST_QUEUES
) -> dict[str, str]:
    request = AWSRequest("POST", f"{url}/", data=b"{}", headers=dict(headers))
    SigV4Auth(credentials, "sqs", "us-east-1").add_auth(request)
    return dict(request.headers.items())


async def queues(own: ServiceSettings) -> set[str]:
    async with aws_clients(own) as clients:
        return set((await clients.sqs.list_queues()).get("QueueUrls", []))


ADMINISTRATION = [
    ("POST", "/_ministack/reset"),
    ("POST", "/_ministack/config"),
    ("GET", "/_ministack/health"),
    ("GET", "/_ministack/ready"),
    ("GET", "/_ministack/sqs/messages?QueueUrl=http://localhost/000000000000/orders"),
    ("GET", "/_ministack/ses/messages"),
    ("GET", "/_ministack/sns/sms-messages"),
    ("GET", "/_ministack/rds/iam-auth"),
    ("PUT", "/_ministack/cfn-response/x"),
    ("GET", "/_localstack/health"),
    ("GET", "/health"),
    ("GET", "/"),
    ("OPTIONS", "/"),
    ("GET", "/a-bucket"),
    ("PUT", "/a-bucket"),
    ("POST", "/v2/email/outbound-emails"),
    ("GET", "/_aws/execute-api/x/y"),
    ("GET", "//_ministack/health"),
    ("POST", "/_ministack%2freset"),
    ("GET", "/healthz/../_ministack/health"),
]


@pytest.mark.parametrize(("method", "path"), ADMINISTRATION)
async def test_a_stranger_is_refused_at_every_path(
    own: ServiceSettings, url: str, method: str, path: str
) -> None:
    before = await queues(own)
    async with stranger_at(url) as stranger:
        response = await stranger.request(method, path)

    assert response.status_code == 403
    assert await queues(own) == before


@pytest.mark.parametrize(("method", "path"), ADMINISTRATION)
async def test_administration_is_closed_to_our_own_processes_too(
    own: ServiceSettings, url: str, method: str, path: str
) -> None:
    before = await queues(own)
    async with stranger_at(url) as client:
        response = await client.request(method, path, headers=signed(url, own_key(own)))

    assert response.status_code == 403
    assert await queues(own) == before


async def test_the_health_check_says_no_more_than_that_it_is_alive(url: str) -> None:
    async with stranger_at(url) as stranger:
        response = await stranger.get("/healthz")

    assert (response.status_code, response.json()) == (200, {"status": "alive"})
    assert not [name for name in response.headers if name.startswith("access-control")]


def header_sets(url: str, own: Credentials) -> dict[str, list[tuple[str, str]]]:
    by_stranger, by_us = signed(url, STRANGER), signed(url, own)
    authorization = by_us["Authorization"]
    half = own.access_key[:20]
    return {
        "no signature": [*LIST_QUEUES.items()],
        "a stranger's signature": [*by_stranger.items()],
        "the beginning of the key": [
            *{**by_us, "Authorization": authorization.replace(own.access_key, half)}.items()
        ],
        "an empty key": [
            *{**by_us, "Authorization": authorization.replace(own.access_key, "")}.items()
        ],
        "two signatures": [*by_stranger.items(), ("Authorization", authorization)],
        "the key as a bearer token": [
            *LIST_QUEUES.items(),
            ("Authorization", f"Bearer {own.access_key}"),
        ],
        "the key behind another": [
            *LIST_QUEUES.items(),
            ("Authorization", f"AWS4-HMAC-SHA256 Credential=test/{own.access_key}/a/b/c"),
        ],
        "a web page's origin": [*by_us.items(), ("Origin", "http://evil.example")],
        "an opaque origin": [*by_us.items(), ("Origin", "null")],
        "its own origin": [*by_us.items(), ("Origin", url)],
        "a rebound name": [*by_us.items(), ("Host", f"evil.example:{urlsplit(url).port}")],
        "a virtual host": [*by_us.items(), ("Host", f"b.s3.localhost:{urlsplit(url).port}")],
        "another port": [*by_us.items(), ("Host", "127.0.0.1:80")],
        "no port": [*by_us.items(), ("Host", "127.0.0.1")],
    }


@pytest.mark.parametrize("case", header_sets("http://127.0.0.1:1", STRANGER))
async def test_a_call_that_is_not_signed_by_our_processes_reads_nothing(
    own: ServiceSettings, url: str, case: str
) -> None:
    async with stranger_at(url) as client:
        response = await client.post(
            "/", content=b"{}", headers=header_sets(url, own_key(own))[case]
        )

    assert response.status_code == 403
    assert "QueueUrls" not in response.text
    assert not [name for name in response.headers if name.startswith("access-control")]


async def test_a_call_signed_by_our_processes_is_answered_to_no_origin(
    own: ServiceSettings, url: str
) -> None:
    async with stranger_at(url) as client:
        response = await client.post("/", content=b"{}", headers=signed(url, own_key(own)))

    assert response.status_code == 200
    assert "/orders" in response.text
    assert not [name for name in response.headers if name.startswith("access-control")]


async def test_a_signature_in_the_address_is_refused_even_with_the_right_key(
    own: ServiceSettings, url: str
) -> None:
    request = AWSRequest("POST", f"{url}/", data=b"{}", headers=LIST_QUEUES)
    SigV4QueryAuth(own_key(own), "sqs", "us-east-1").add_auth(request)
    async with stranger_at(url) as client:
        response = await client.post(str(request.url), content=b"{}", headers=LIST_QUEUES)

    assert response.status_code == 403


async def test_a_stranger_with_an_aws_client_changes_nothing(
    shop: RunningShop, own: ServiceSettings
) -> None:
    """Every attack of the review: read tickets, purge, forge a newsletter, be called by HTTP."""
    forger = own.model_copy(update={"aws_access_key_id": "test", "aws_secret_access_key": "test"})
    async with httpx.AsyncClient(base_url=shop.url) as http, aws_clients(forger) as clients:
        placed = (await http.post("/orders", json=ORDER)).json()["id"]
        for attack in attacks(clients):
            with pytest.raises(ClientError, match="UnrecognizedClientException"):
                await attack
        await reaches(http, placed, "ready")


def attacks(clients: AwsClients) -> list[Any]:
    queue = f"http://localhost/000000000000/{Names().orders}"
    topic = "arn:aws:sns:us-east-1:000000000000:coupons"
    return [
        clients.sqs.list_queues(),
        clients.sqs.receive_message(QueueUrl=queue),
        clients.sqs.purge_queue(QueueUrl=queue),
        clients.sqs.send_message(QueueUrl=queue, MessageBody="{}"),
        clients.sqs.delete_queue(QueueUrl=queue),
        clients.sns.publish(TopicArn=topic, Message="{}"),
        clients.sns.subscribe(TopicArn=topic, Protocol="http", Endpoint="http://127.0.0.1:1/"),
    ]


async def test_an_endless_body_of_a_stranger_is_not_read(url: str) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(200):
            yield b"x" * 1_000_000
        raise AssertionError("the whole body was taken")

    before = emulator_memory(url)
    async with stranger_at(url) as stranger:
        try:
            response = await stranger.post("/", content=endless(), headers=LIST_QUEUES)
        except httpx.TransportError:
            pass
        else:
            assert response.status_code == 403
    assert emulator_memory(url) - before < 50_000_000


def emulator_memory(url: str) -> int:
    port = urlsplit(url).port
    for process in psutil.process_iter():
        try:
            if process.environ().get("COFFEE_EMULATOR_PORT") == str(port):
                return int(process.memory_info().rss)
        except psutil.Error:
            continue
    raise AssertionError("no emulator listens there")


async def test_a_websocket_is_refused(url: str) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(url).port)
    writer.write(
        f"GET / HTTP/1.1\r\nHost: {urlsplit(url).netloc}\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
    )
    async with asyncio.timeout(5):
        assert re.match(rb"HTTP/1.1 40\d", await reader.readline())
    writer.close()


async def test_http_2_without_a_signature_is_refused(url: str) -> None:
    process = await asyncio.create_subprocess_exec(
        *("curl", "-s", "--http2-prior-knowledge", "-d", "Action=ListQueues", f"{url}/"),
        stdout=asyncio.subprocess.PIPE,
    )
    answer, _ = await process.communicate()
    assert b"QueueUrl" not in answer


async def test_its_credentials_are_in_a_file_that_only_we_read_and_in_no_command_line(
    shop: RunningShop, own: ServiceSettings
) -> None:
    path = shop.folder / "emulator" / "credentials"
    file = configparser.ConfigParser()
    file.read(path)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert file["default"]["aws_access_key_id"] == own.aws_access_key_id
    assert file["default"]["aws_secret_access_key"] == own.aws_secret_access_key
    for secret in (str(own.aws_access_key_id), str(own.aws_secret_access_key)):
        assert len(secret) >= 32
        assert secret not in shop.log.read_text()
        for process in psutil.Process(shop.process.pid).children(recursive=True):
            assert secret not in " ".join(process.cmdline())


async def test_every_opening_has_other_credentials(tmp_path: Path) -> None:
    seen = set()
    for _ in range(2):
        async with open_shop(tmp_path / "var") as shop:
            seen.add(shop.emulator_settings().aws_access_key_id)
    assert len(seen) == 2
