"""What a real shop's processes show at /metrics, and that it moves by what it measures."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from aiohttp import web

from shared.aws.clients import AwsClients, aws_clients
from shared.aws.names import Names
from shared.aws.queue import SqsQueue
from shared.aws.queues import open_queue
from shared.messages.ticket import Ticket
from tests.support.metrics import Movements, scrape
from tests.support.photo_worker import photo_worker
from tests.support.ports import free_ports
from tests.support.promql import Selector, dashboard_queries, rules, selectors
from tests.support.shop import RunningShop, open_shop, reaches
from tests.support.waiting import until
from tests.support.webhooks import Receiver, receiver

pytestmark = pytest.mark.timeout(180)

OPERATIONS_PAGE = Path(__file__).parents[2] / "docs/operations.md"
QUICK = {"customer_name": "Ada", "items": [{"item": "espresso", "size": "single", "quantity": 1}]}
LONG = {"customer_name": "Ada", "items": [{"item": "latte", "size": "large", "quantity": 5}]}
FAILED_REQUESTS = "coffeeshop_http_requests_total"
CONSTANT = {"coffeeshop_aws_request_price_dollars"}


def documented() -> Mapping[str, frozenset[str]]:
    """The labels of each metric that the operations page explains."""
    section = OPERATIONS_PAGE.read_text().split("\n## Metrics\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `(coffeeshop_\w+)` \|([^|]*)\|", section, re.MULTILINE)
    return {name: frozenset(re.findall(r"`(\w+)`", labels)) for name, labels in rows}


def subscriber(status: int) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """A server that agrees to be a subscriber, and answers each event like this."""

    async def answer(request: web.Request) -> web.StreamResponse:
        event = json.loads(await request.read())
        if "challenge" in event["data"]:
            return web.json_response({"challenge": event["data"]["challenge"]})
        return web.Response(status=status)

    return answer


@dataclass(frozen=True)
class WatchedShop:
    """A shop whose processes are scraped, and what a test needs to disturb it."""

    shop: RunningShop
    http: httpx.AsyncClient
    clients: AwsClients
    orders: SqsQueue
    dead_letters: SqsQueue
    uploads: SqsQueue
    movements: Movements
    fine: Receiver
    failing: Receiver
    gone: Receiver

    async def place(self, order: Mapping[str, object], notify: Receiver | None = None) -> str:
        wanted = {"notify": {"channel": "webhook", "url": notify.url}} if notify else {}
        answer = await self.http.post("/orders", json={**order, **wanted})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def all_hands_are_busy(self) -> bool:
        return len((await self.http.get("/board/orders")).json()["preparing"]) == 4

    async def reaches(self, order_id: str, state: str) -> None:
        await reaches(self.http, order_id, state, 40)


@asynccontextmanager
async def watched_shop(folder: Path) -> AsyncIterator[WatchedShop]:
    first = free_ports(4)
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        shop = await enter(
            open_shop(
                folder / "var",
                COFFEE_BARISTAS="1..2",
                COFFEE_WORKER_CONCURRENCY="2",
                COFFEE_WORKER_PORT=str(first),
                COFFEE_BREW_SPEED="20",
                COFFEE_VISIBILITY_TIMEOUT="4",
                COFFEE_EXPIRE_AFTER_SECONDS="6",
                COFFEE_RECONCILE_SECONDS="0.5",
                COFFEE_ORDER_SECONDS="1",
                COFFEE_ALLOW_LOOPBACK_WEBHOOKS="on",
                COFFEE_SMTP_URL="smtp://127.0.0.1:9",  # shows the metric of mail servers
                COFFEE_MAIL_FROM="shop@coffee.example",
                COFFEE_PUBLIC_URL="http://shop.coffee.example",
            )
        )
        settings, names = shop.emulator_settings(), Names("")
        photos = f"http://127.0.0.1:{first + 3}"
        await enter(
            photo_worker(
                settings,
                COFFEE_AWS_ACCESS_KEY_ID=settings.aws_access_key_id or "",
                COFFEE_AWS_SECRET_ACCESS_KEY=settings.aws_secret_access_key or "",
                COFFEE_WORKER_PORT=str(first + 3),
            )
        )
        clients = await enter(aws_clients(settings))
        http = await enter(httpx.AsyncClient(base_url=shop.url, timeout=20, trust_env=False))
        workers = [f"http://127.0.0.1:{first + number}" for number in range(2)]
        movements = Movements([shop.url, *workers, photos])
        following = asyncio.create_task(movements.follow())
        stack.callback(following.cancel)

        async def all_answer() -> bool:
            names = {name for name, _ in movements.seen}
            return {"coffeeshop_worker_places", "coffeeshop_workers"} <= names and any(
                ("queue", "photos") in labels for _, labels in movements.seen
            )

        await until(all_answer, 40)
        yield WatchedShop(
            shop=shop,
            http=http,
            clients=clients,
            orders=await enter(open_queue(clients, names.orders, wait_time=0)),
            dead_letters=await enter(open_queue(clients, names.dead_letters)),
            uploads=await enter(open_queue(clients, names.photos)),
            movements=movements,
            fine=await enter(receiver(subscriber(200))),
            failing=await enter(receiver(subscriber(500))),
            gone=await enter(receiver(subscriber(410))),
        )


async def give_up_on(watched: WatchedShop, order_id: str) -> None:
    """Dead-letter an order's ticket, as a barista does that cannot make anything of it."""
    ticket = Ticket(order_id=order_id, store_id="main", correlation_id="a-test")
    await watched.dead_letters.send(ticket.model_dump_json(), {"reason": "for a test"})
    await watched.reaches(order_id, "failed")


async def receive_and_die(watched: WatchedShop) -> None:
    """Receive a ticket that waits, and hand it back: the next one to receive it is the second."""
    while not (tickets := await watched.orders.receive(1)):  # noqa: ASYNC110 - SQS sends no event
        await asyncio.sleep(0.05)
    await watched.orders.extend(tickets[0], 0)


async def serve_customers(watched: WatchedShop) -> None:
    """Orders that are delivered, collected, canceled and left; while all hands are busy, more."""
    status, said = await watched.shop.command("scale", "--min", "2")
    assert status == 0, said
    collected = await watched.place(QUICK, watched.fine)
    await watched.place(QUICK, watched.failing)
    await watched.place(QUICK, watched.gone)
    await watched.reaches(collected, "ready")
    await watched.http.post(f"/orders/{collected}/collect", headers=watched.shop.staff)
    await watched.http.get("/orders", headers={"Authorization": "Bearer wrong"})
    headers = {"Last-Event-ID": "of-another-ring-1"}
    async with watched.http.stream("GET", "/events?topics=coupons", headers=headers) as stream:
        assert stream.status_code == 200, await stream.aread()
        lines = stream.aiter_lines()  # dropped, it would close the stream
        await anext(lines)
        await watched.movements.until_moved([Selector("coffeeshop_live_streams")], 20)
        for _ in range(4):
            await watched.place(LONG)
        await until(watched.all_hands_are_busy, 30)
        canceled, failed = await watched.place(QUICK), await watched.place(QUICK)
        await watched.http.post(f"/orders/{canceled}/cancel", headers=watched.shop.staff)
        await give_up_on(watched, failed)
        await receive_and_die(watched)
        redriven = await watched.http.post(
            "/dead-letters/redrive", json={"all": True}, headers=watched.shop.staff
        )
        assert len(redriven.json()["redriven"]) == 1, redriven.text
        watched.shop.children("worker")[0].kill()


async def disturb(watched: WatchedShop) -> None:
    """Poison on the queues, SQS that does not answer for a moment, and a counter that is killed."""
    await watched.orders.send("poison")
    await watched.uploads.send("poison")
    (emulator,) = watched.shop.children("shop.processes.emulator")
    (counter,) = watched.shop.children("shop.processes.counter")
    emulator.suspend()
    refused = await watched.http.post("/orders", json=QUICK)
    emulator.resume()
    assert refused.status_code == 503, refused.text
    await watched.movements.until_moved([Selector(FAILED_REQUESTS, (("status", "503", True),))], 10)
    counter.kill()


async def test_every_metric_and_label_of_the_dashboard_moves_by_what_it_measures(
    tmp_path: Path,
) -> None:
    shown = {each for query in dashboard_queries() for each in selectors(query)}
    shown = {each for each in shown if each.name not in CONSTANT}
    states = ("ready", "canceled", "failed", "collected", "expired", "placed")
    shown |= {
        Selector("coffeeshop_order_transitions_total", (("state", state, True),))
        for state in states
    }
    async with watched_shop(tmp_path) as watched:
        await serve_customers(watched)
        await disturb(watched)

        await watched.movements.until_moved(shown, 60)
        await every_rule_selects_what_there_is(watched.movements)
        await every_metric_is_documented_and_no_other(watched)


async def every_rule_selects_what_there_is(movements: Movements) -> None:
    labels_of: dict[str, set[str]] = {}
    for name, labels in movements.seen:
        labels_of.setdefault(name, {"job", "instance"}).update(label for label, _ in labels)
    for rule in rules():
        for each in selectors(rule["expr"]):
            used = {label for label, _, _ in each.conditions} | each.grouped_by
            assert used <= labels_of.get(each.name, set()), f"{rule}: {each}"


async def every_metric_is_documented_and_no_other(watched: WatchedShop) -> None:
    shown: dict[str, frozenset[str]] = {}
    for url in watched.movements.urls:
        for name, (_, samples) in (await scrape(watched.http, url)).items():
            if name.startswith("coffeeshop_") and not name.endswith("_created"):
                labels = {label for sample in samples for label in sample.labels} - {"le"}
                shown[name] = shown.get(name, frozenset()) | labels
    explained = documented()
    assert shown.keys() == explained.keys()
    assert {n: labels for n, labels in shown.items() if labels and labels != explained[n]} == {}
