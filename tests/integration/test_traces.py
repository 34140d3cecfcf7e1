"""An order is one trace: from its request, over queues and topics, to each delivery."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import web
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind

from notifier.settings import NotifierSettings
from shared.clock import utc_now
from shared.runtime.settings import ServiceSettings, StoreKind
from shared.store.contract import ValueKey
from shared.store.factory import open_store
from shared.tracing.otel import OtelTracing, instrumented
from shared.tracing.private_spans import PrivateSpans
from shared.tracing.process import tracing, using
from shop.processes.provision import provision_shop
from tests.support.cashier import ORDER, ServedCashier, open_cashier, settings_for
from tests.support.notifier import serving
from tests.support.waiting import eventually
from tests.support.webhooks import Receiver, echoes, receiver
from worker.app import work
from worker.settings import WorkerSettings

pytestmark = pytest.mark.asyncio(loop_scope="module")

TOLD = 3
"""Events of an order that is made: placed, preparing, ready."""

SECONDS = 20


@dataclass(frozen=True)
class Shop:
    """Three services in this process, and the spans that they have finished."""

    cashier: ServedCashier
    hook: Receiver
    exporter: InMemorySpanExporter
    prefix: str

    async def served(self, **headers: str) -> str:
        """Place an order, and give its id when its customer was told of all its events."""
        wanted = {**ORDER, "notify": {"channel": "webhook", "url": self.hook.url}}
        answered = await self.cashier.place(wanted, **headers)
        assert answered.status == 201
        order_id = str(answered.body["id"])
        await eventually(lambda: len(self.told(order_id)) == TOLD, SECONDS)
        return order_id

    def told(self, order_id: str) -> Sequence[str]:
        """The `traceparent` of each event that the webhook was sent of an order."""
        return [
            one.headers["traceparent"]
            for one in self.hook.received
            if json.loads(one.body)["data"].get("order_id") == order_id
        ]

    async def spans(self, trace_id: str) -> Sequence[ReadableSpan]:
        """Wait for the end of the work on the jobs of one trace, and give its spans."""
        found: Sequence[ReadableSpan] = ()

        def all_settled() -> bool:
            nonlocal found
            found = [
                span for span in self.exporter.get_finished_spans() if trace_id_of(span) == trace_id
            ]
            names = Counter(span.name for span in found)
            jobs = f"{self.prefix}deliveries"
            return names["deliver by webhook"] == TOLD and (
                names[f"send {jobs}"] <= names[f"process {jobs}"] and is_whole(found)
            )

        await eventually(all_settled, SECONDS)
        return found


def new_provider() -> tuple[TracerProvider, InMemorySpanExporter]:
    provider, exporter = TracerProvider(shutdown_on_exit=False), InMemorySpanExporter()
    provider.add_span_processor(SimpleSpanProcessor(PrivateSpans(exporter)))
    return provider, exporter


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shop(ministack: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Shop]:
    """A shop whose services are traced, with its record in DynamoDB."""
    settings = settings_for(
        ministack,
        tmp_path_factory.mktemp("shop"),
        allow_loopback_webhooks=True,
        store=StoreKind.DYNAMODB,
    )
    common = ("aws_endpoint_url", "name_prefix", "state_dir", "store")
    chosen = {**{name: getattr(settings, name) for name in common}, "poll_seconds": 1}
    url = "http://127.0.0.1:8080"
    notifier = NotifierSettings(**chosen, allow_loopback_webhooks=True, public_url=url)
    barista = WorkerSettings(**chosen, brew_speed=100, worker_concurrency=10)
    await provision_shop(settings)
    stop = asyncio.Event()
    provider, exporter = new_provider()
    with instrumented(provider), using(OtelTracing(provider)):
        async with (
            receiver(answers) as hook,
            serving(notifier),
            open_cashier(settings) as cashier,
            asyncio.TaskGroup() as tasks,
        ):
            tasks.create_task(work(barista, stop))
            yield Shop(cashier, hook, exporter, settings.name_prefix)
            stop.set()


async def answers(request: web.Request) -> web.StreamResponse:
    event = await request.json()
    return await echoes(request) if "challenge" in event["data"] else web.Response()


def trace_id_of(span: ReadableSpan) -> str:
    assert span.context
    return f"{span.context.trace_id:032x}"


def id_of(span: ReadableSpan) -> str:
    assert span.context
    return f"{span.context.span_id:016x}"


def parent_of(span: ReadableSpan) -> str:
    return f"{span.parent.span_id:016x}" if span.parent else ""


def is_whole(spans: Sequence[ReadableSpan]) -> bool:
    """Whether all spans have ended below which others are."""
    ids = {id_of(span) for span in spans}
    return sum(parent_of(span) not in ids for span in spans) == 1


def tree_of(spans: Sequence[ReadableSpan]) -> tuple[ReadableSpan, Callable[[ReadableSpan], str]]:
    """Give the one root of a trace, and how a span is reached from there, by names."""
    by_id = {id_of(span): span for span in spans}
    (root,) = [span for span in spans if parent_of(span) not in by_id]

    def path(span: ReadableSpan) -> str:
        return span.name if span is root else f"{path(by_id[parent_of(span)])} > {span.name}"

    return root, path


async def test_an_order_is_one_tree_from_its_request_to_each_delivery(shop: Shop) -> None:
    async with shop.cashier.announcements() as subscriber:
        order_id = await shop.served()
        copies = [copy for _ in range(TOLD) for copy in await subscriber.receive(1)]
    trace_id = shop.told(order_id)[0].split("-")[1]
    spans = await shop.spans(trace_id)
    root, path = tree_of(spans)
    assert (root.name, root.parent, root.kind) == ("POST /orders", None, SpanKind.SERVER)

    paths = {path(span).replace(shop.prefix, "") for span in spans}
    ticket, event = "POST /orders > send orders", "POST /orders > send order-events"
    fan_out = "process announcements > fan out"
    job = f"{ticket} > process orders > send order-events > {fan_out} > send deliveries"
    assert paths >= {
        "POST /orders > DynamoDB.TransactWriteItems",
        f"{ticket} > SQS.SendMessageBatch",
        f"{ticket} > receive orders",
        f"{ticket} > process orders > DynamoDB.PutItem",
        f"{ticket} > process orders > prepare",
        f"{ticket} > process orders > SQS.DeleteMessageBatch",
        f"{event} > {fan_out} > send deliveries",
        f"{event} > order-events send",
        f"{event} > receive announcements",
        f"{job} > receive deliveries",
        f"{job} > process deliveries > deliver by webhook > POST",
    }
    reached = [path(span) for span in spans if span.name == "deliver by webhook"]
    assert [
        one for one in reached if "process deliveries > deliver" not in one.replace(shop.prefix, "")
    ] == []
    about = {dict(span.attributes or {}).get("messaging.system") for span in spans}
    assert about >= {"aws_sqs", "aws.sns"}

    # Subscribers can go on with it: a webhook by its header, a queue by the message's attribute.
    posts = {id_of(span) for span in spans if path(span).endswith("by webhook > POST")}
    assert {told.split("-")[2] for told in shop.told(order_id)} == posts
    sent = {id_of(span) for span in spans if span.name == f"send {shop.prefix}order-events"}
    assert {copy.attributes["traceparent"].split("-")[2] for copy in copies} <= sent
    assert copies

    told = repr([(span.name, dict(span.attributes or {}), span.events) for span in spans])
    private = (order_id, "Ada", "/hook", "whsec_")
    assert [one for one in private if one in told] == []


async def test_orders_that_share_a_batch_keep_their_traces_apart(shop: Shop) -> None:
    before = len(shop.exporter.get_finished_spans())
    order_ids = await asyncio.gather(*(shop.served() for _ in range(5)))
    traces = {shop.told(order_id)[0].split("-")[1] for order_id in order_ids}
    assert len(traces) == 5
    for trace_id in traces:
        root, _ = tree_of(spans := await shop.spans(trace_id))
        assert root.name == "POST /orders"
        names = Counter(span.name.replace(shop.prefix, "") for span in spans)
        each_once = ("POST /orders", "send orders", "process orders", "prepare")
        assert [names[name] for name in each_once] == [1, 1, 1, 1]
        assert (names["fan out"], names["deliver by webhook"]) == (TOLD, TOLD)
    finished = shop.exporter.get_finished_spans()[before:]
    published = [span for span in finished if span.name == f"send {shop.prefix}order-events"]
    calls = [span for span in finished if span.name == f"{shop.prefix}order-events send"]
    assert len(calls) < len(published), "nothing was sent in a batch"


async def test_the_trace_of_a_client_goes_on_and_without_its_baggage(shop: Shop) -> None:
    trace_id, span_id = secrets.token_hex(16), secrets.token_hex(8)
    order_id = await shop.served(traceparent=f"00-{trace_id}-{span_id}-01", baggage="who=Ada")
    root, _ = tree_of(await shop.spans(trace_id))
    assert (root.name, parent_of(root)) == ("POST /orders", span_id)
    assert {told.split("-")[1] for told in shop.told(order_id)} == {trace_id}
    assert [one for one in shop.hook.received if "baggage" in one.headers] == []


async def test_a_trace_that_is_not_sampled_leaves_no_span_and_is_carried_all_the_same(
    shop: Shop,
) -> None:
    trace_id = secrets.token_hex(16)
    order_id = await shop.served(traceparent=f"00-{trace_id}-{secrets.token_hex(8)}-00")
    assert {told.split("-")[1] for told in shop.told(order_id)} == {trace_id}
    assert {told.split("-")[3] for told in shop.told(order_id)} == {"00"}
    finished = shop.exporter.get_finished_spans()
    assert [span for span in finished if trace_id_of(span) == trace_id] == []


async def test_a_poll_that_finds_nothing_begins_no_trace(shop: Shop) -> None:
    assert await shop.served()
    roots = {span.name for span in shop.exporter.get_finished_spans() if span.parent is None}
    assert roots <= {"POST /orders", "GET /readyz"}


async def test_a_write_to_sqlite_is_a_span_below_what_writes_and_logs_name_it(
    tmp_path: Path,
) -> None:
    provider, exporter = new_provider()
    with using(OtelTracing(provider)):
        async with open_store(ServiceSettings(state_dir=tmp_path), None, utc_now) as store:
            with tracing().working_on("orders", {}, "a-message", None):
                named: Mapping[str, str] = tracing().log_fields()
                await store.get_or_set_value(ValueKey.LINK_SECRET, "secret")
    finished = exporter.get_finished_spans()
    (write, above) = [span for span in finished if trace_id_of(span) == named["trace_id"]]
    assert (write.name, above.name) == ("write to the order store", "process orders")
    assert parent_of(write) == id_of(above)
    assert named == {"trace_id": trace_id_of(above), "span_id": id_of(above)}
