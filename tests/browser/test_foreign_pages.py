"""A web page of another origin, in a real browser on the machine of a shop, finds out nothing."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import pytest_asyncio
from aiohttp import web
from playwright.async_api import Page, async_playwright

from shared.aws.clients import aws_clients
from tests.support.emulator import free_port
from tests.support.shop import ORDER, RunningShop, open_shop
from tests.support.waiting import until

CHROMIUM = shutil.which("chromium")

pytestmark = [
    pytest.mark.timeout(180),
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(
        CHROMIUM is None and "COFFEE_TESTS_SKIP_NOTHING" not in os.environ,
        reason="chromium is not installed",
    ),
]

OWN_NAME = "cafe.example"
"""A name of the shop that is not on loopback, as in a café's network: browsers send no Fetch
Metadata to it."""

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"

FETCH = """async ([url, options]) => {
    try {
        const response = await fetch(url, options);
        return {read: response.type !== 'opaque', text: await response.text()};
    } catch (error) {
        return {read: false, text: ''};
    }
}"""

FORM_POST = """async ([url, fields, enctype]) => {
    const frame = document.createElement('iframe');
    frame.name = 'target-' + Math.random();
    document.body.append(frame);
    const form = document.createElement('form');
    Object.assign(form, {method: 'post', action: url, enctype, target: frame.name});
    for (const [name, value] of Object.entries(fields)) {
        const input = document.createElement('input');
        Object.assign(input, {name, value});
        form.append(input);
    }
    document.body.append(form);
    const loaded = new Promise(resolve => frame.addEventListener('load', resolve));
    form.submit();
    await loaded;
    try {
        return frame.contentDocument ? frame.contentDocument.body.innerText : '';
    } catch (error) {
        return '';
    }
}"""

IMAGE = """url => new Promise(resolve => {
    const image = new Image();
    image.onload = () => resolve('loaded');
    image.onerror = () => resolve('refused');
    image.src = url;
})"""

EVENTS = """url => new Promise(resolve => {
    const source = new EventSource(url, {withCredentials: true});
    source.onopen = () => resolve('open');
    source.onerror = () => resolve('refused');
})"""

IFRAME = """url => new Promise(resolve => {
    const frame = document.createElement('iframe');
    frame.onload = () => {
        try { resolve(frame.contentDocument ? frame.contentDocument.body.innerText : ''); }
        catch (error) { resolve(''); }
    };
    frame.src = url;
    document.body.append(frame);
})"""

SIGN_IN = """async ([key]) => {
    const headers = {Authorization: `Bearer ${key}`};
    return (await fetch('/staff/session', {method: 'PUT', headers})).status;
}"""

WEBSOCKET = """url => new Promise(resolve => {
    const socket = new WebSocket(url);
    socket.onopen = () => resolve('open');
    socket.onerror = () => resolve('refused');
})"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shop(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningShop]:
    folder = tmp_path_factory.mktemp("shop") / "var"
    port = free_port()
    settings = {
        "COFFEE_BREW_SPEED": "0",
        "COFFEE_BARISTAS": "1",
        "COFFEE_PUBLIC_URL": f"http://{OWN_NAME}:{port}",
    }
    async with open_shop(folder, port, **settings) as shop:
        yield shop


@pytest_asyncio.fixture(loop_scope="module")
async def page() -> AsyncIterator[Page]:
    """A page at http://evil.example, which has rebound the name of another page to loopback."""

    async def empty(_: web.BaseRequest) -> web.Response:
        return web.Response(text="<body></body>", content_type="text/html")

    runner = web.ServerRunner(web.Server(empty))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=[
                *("--no-sandbox", "--disable-gpu", "--disable-background-networking"),
                "--host-resolver-rules=MAP *.example 127.0.0.1",
            ],
        )
        page = await browser.new_page()
        await page.goto(f"http://evil.example:{port}/")
        try:
            yield page
        finally:
            await browser.close()
            await runner.cleanup()


async def evaluated(page: Page, script: str, argument: object) -> Any:
    async with asyncio.timeout(20):
        return await page.evaluate(script, argument)


async def everything_in(shop: RunningShop) -> object:
    """What a stranger might change: queues, topics, SNS subscriptions, orders and their states."""
    async with aws_clients(shop.emulator_settings()) as clients:
        queues = (await clients.sqs.list_queues())["QueueUrls"]
        topics = (await clients.sns.list_topics())["Topics"]
        subscribed = (await clients.sns.list_subscriptions())["Subscriptions"]
    async with httpx.AsyncClient(base_url=shop.url, headers=shop.staff) as staff:
        orders = (await staff.get("/orders", params={"limit": 100})).json()["orders"]
        listed = (await staff.get("/topics")).json()
    arns = sorted(topic["TopicArn"] for topic in topics)
    endpoints = sorted(subscription["Endpoint"] for subscription in subscribed)
    return sorted(queues), arns, endpoints, orders, listed


@contextlib.asynccontextmanager
async def nothing_changes(shop: RunningShop) -> AsyncIterator[None]:
    before = await everything_in(shop)
    yield
    assert await everything_in(shop) == before


def simple(body: str, media_type: str, mode: str) -> dict[str, Any]:
    return {"method": "POST", "body": body, "headers": {"Content-Type": media_type}, "mode": mode}


async def test_a_foreign_page_reads_and_changes_nothing_at_the_emulator(
    shop: RunningShop, page: Page
) -> None:
    url = str(shop.emulator_settings().aws_endpoint_url)
    forged = {"Action": "CreateQueue", "QueueName": "evil"}
    sns = "Action=CreateTopic&Name=evil&Version=2010-03-31"
    target = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "AmazonSQS.ListQueues"}
    requests: list[tuple[str, dict[str, Any]]] = [
        (f"{url}/?Action=ListQueues", {}),
        (f"{url}/?Action=CreateQueue&QueueName=evil", {"mode": "no-cors"}),
        (f"{url}/_ministack/reset", simple("", "text/plain", "no-cors")),
        (f"{url}/_ministack/health", {}),
        (f"{url}/healthz", {}),
        (f"{url}/", simple(sns, FORM, "cors")),
        (f"{url}/", simple(sns, FORM, "no-cors")),
        (f"{url}/", {"method": "POST", "body": "{}", "headers": target}),
        (f"{url}/", {"method": "DELETE"}),
    ]
    async with nothing_changes(shop):
        for request in requests:
            assert await evaluated(page, FETCH, list(request)) == {"read": False, "text": ""}
        assert await evaluated(page, FORM_POST, [url, forged, FORM]) == ""
        assert await evaluated(page, IMAGE, f"{url}/?Action=CreateQueue&QueueName=e") == "refused"
        assert await evaluated(page, EVENTS, f"{url}/?Action=ListQueues") == "refused"
        assert await evaluated(page, WEBSOCKET, url.replace("http", "ws")) == "refused"


async def test_a_foreign_page_reads_no_order_and_changes_none_at_the_shop(
    shop: RunningShop, page: Page
) -> None:
    """It is even given an order id, which only its customer should know."""
    async with httpx.AsyncClient(base_url=shop.url) as client:
        order = (await client.post("/orders", json=ORDER)).json()["id"]

        async def is_ready() -> bool:
            return bool((await client.get(f"/orders/{order}")).json()["state"] == "ready")

        await until(is_ready, 30)
    body, cancel = json.dumps(ORDER), f"{shop.url}/orders/{order}/cancel"
    as_json = {"method": "POST", "body": body, "headers": {"Content-Type": JSON}}
    as_staff = {"headers": {"Authorization": "Bearer guess"}}
    requests: list[tuple[str, dict[str, Any]]] = [
        (f"{shop.url}/orders/{order}", {}),
        (f"{shop.url}/board/orders", {}),
        (f"{shop.url}/orders", as_staff),
        (f"{shop.url}/orders", as_json),
        (f"{shop.url}/orders", simple(body, "text/plain", "no-cors")),
        (f"{shop.url}/orders", simple(body, FORM, "no-cors")),
        (f"{shop.url}/orders", {"method": "POST", "body": body, "mode": "no-cors"}),
        (f"{shop.url}/topics", {**as_json, "body": '{"name": "evil", "description": "x"}'}),
        (f"{shop.url}/dead-letters", {"method": "DELETE"}),
    ]
    async with nothing_changes(shop):
        for request in requests:
            assert await evaluated(page, FETCH, list(request)) == {"read": False, "text": ""}
        for encoding in (FORM, "text/plain", "multipart/form-data"):
            fields = {body[:-1] + ',"x":"': '"}'}
            assert await evaluated(page, FORM_POST, [f"{shop.url}/orders", fields, encoding]) == ""
        assert await evaluated(page, IMAGE, cancel) == "refused"
        assert await evaluated(page, EVENTS, f"{shop.url}/events") == "refused"
        assert await evaluated(page, WEBSOCKET, shop.url.replace("http", "ws")) == "refused"


async def test_a_page_whose_name_was_rebound_to_this_machine_reads_and_places_nothing(
    shop: RunningShop, page: Page
) -> None:
    """It is of the same origin as the shop then, as far as the browser knows."""
    for url in (shop.url, str(shop.emulator_settings().aws_endpoint_url)):
        rebound = f"http://evil.example:{urlsplit(url).port}"
        response = await page.goto(f"{rebound}/healthz")
        assert response is not None
        assert response.status in {403, 421}
        options = {"method": "POST", "body": json.dumps(ORDER), "headers": {"Content-Type": JSON}}
        async with nothing_changes(shop):
            for path in ("/", "/orders", "/board/orders", "/menu", "/_ministack/reset"):
                answer = await evaluated(page, FETCH, [f"{rebound}{path}", options])
                assert "misdirected" in answer["text"] or "refuses" in answer["text"], answer


@pytest.mark.parametrize(
    ("own", "foreign"),
    [
        ("127.0.0.1", "evil.example"),
        ("127.0.0.1", "127.0.0.1"),  # on another port: of the same site, so that cookies are sent
        (OWN_NAME, "evil.example"),
        (OWN_NAME, OWN_NAME),
        (OWN_NAME, f"evil.{OWN_NAME}"),
    ],
)
async def test_no_other_page_can_act_with_the_cookie_of_a_staff_session(
    shop: RunningShop, page: Page, own: str, foreign: str
) -> None:
    """The shop's own page can do all of it; then the browser goes elsewhere."""
    evil = urlsplit(page.url).port
    url = f"http://{own}:{urlsplit(shop.url).port}"
    async with httpx.AsyncClient(base_url=shop.url) as client:
        order = (await client.post("/orders", json=ORDER)).json()["id"]
    credentials = {"credentials": "include"}
    pause: dict[str, Any] = {"method": "PUT", "headers": {"Content-Type": JSON}, **credentials}
    paused = {**pause, "body": json.dumps({"state": "paused"})}
    opened = {**pause, "body": json.dumps({"state": "open"})}
    await page.goto(f"{url}/staff")
    assert await evaluated(page, SIGN_IN, [shop.staff_key]) == 200
    assert not await page.evaluate("document.cookie")
    assert "customer_name" in (await evaluated(page, FETCH, ["/orders", {}]))["text"]
    for state, options in (("paused", paused), ("open", opened)):
        answer = await evaluated(page, FETCH, ["/shop", options])
        assert json.loads(answer["text"])["state"] == state
    assert await evaluated(page, EVENTS, "/events?topics=order-events") == "open"

    await page.goto(f"http://{foreign}:{evil}/")
    requests: list[tuple[str, dict[str, Any]]] = [
        (f"{url}/orders", credentials),
        (f"{url}/orders", {"mode": "no-cors", **credentials}),
        (f"{url}/staff/session", credentials),
        (f"{url}/shop", paused),
        (f"{url}/staff/session", {"method": "DELETE", **credentials}),
        (f"{url}/dead-letters", {"method": "DELETE", **credentials}),
        *(
            (f"{url}/orders/{order}/{move}", simple("", FORM, mode) | credentials)
            for move in ("collect", "remake")
            for mode in ("cors", "no-cors")
        ),
    ]
    async with nothing_changes(shop):
        for request in requests:
            assert await evaluated(page, FETCH, list(request)) == {"read": False, "text": ""}
        for move in ("collect", "remake"):
            moved = f"{url}/orders/{order}/{move}"
            assert await evaluated(page, FORM_POST, [moved, {}, FORM]) == ""
        assert await evaluated(page, IFRAME, f"{url}/orders") == ""
        assert await evaluated(page, IFRAME, f"{url}/staff") == ""
        assert await evaluated(page, EVENTS, f"{url}/events?topics=order-events") == "refused"

    await page.goto(f"{url}/staff")
    assert (await evaluated(page, FETCH, ["/staff/session", {}]))["read"]
    assert "owner" in (await evaluated(page, FETCH, ["/staff/session", {}]))["text"]


async def test_a_rebound_name_has_no_staff_session(shop: RunningShop, page: Page) -> None:
    await page.goto(f"{shop.url}/staff")
    assert await evaluated(page, SIGN_IN, [shop.staff_key]) == 200
    rebound = f"http://evil.example:{urlsplit(shop.url).port}"
    await page.goto(f"{rebound}/staff")
    async with nothing_changes(shop):
        for path in ("/orders", "/staff/session"):
            answer = await evaluated(page, FETCH, [f"{rebound}{path}", {"credentials": "include"}])
            assert "misdirected" in answer["text"]
