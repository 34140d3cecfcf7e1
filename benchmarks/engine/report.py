"""Writes the comparison down: a table, a chart, and the bounds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.engine.chart import draw
from benchmarks.engine.comparison import FLOOR, NAIVE, OURS, Found, Plan, Setting
from benchmarks.section import Bound, Section

PERFORMANCE = Path(__file__).parents[2] / "docs/performance"

NAMES: Mapping[str, str] = {
    OURS: "**ours**",
    FLOOR: "the floor",
    "aws_sqs_consumer": "aws-sqs-consumer",
    "sqs_workers": "sqs-workers",
    "dramatiq": "dramatiq + dramatiq-sqs",
    "taskiq": "taskiq + taskiq-aio-sqs",
    "celery": "Celery",
    NAIVE: "a naive loop",
}

MOST_REQUESTS = 0.21
MOST_TIMES_FLOOR = 1.15

RATES: Mapping[Setting, float] = {Setting(10, 0.01): 800, Setting(40, 0.01): 1400}
"""Messages a second that are wanted, at least."""

TEXT = """\
A handler that does nothing, on a queue of SQS's protocol on loopback that answers at once or after
10 ms. Ours and the floor take turns, {rounds} rounds of {messages:,} messages, and the medians are
shown; each of the others has {others} messages, an environment of its own
(`benchmarks/engine/peers/`), and the best settings that we found. CPU is user and system time of
the process and its children once it has consumed {warm_up} messages. Ours by the floor's: {ratios}.

{table}

![CPU and messages per second]({chart})

The floor is bare aiobotocore: loops that receive ten messages and delete them with one request, as
many loops as batches fit into the concurrency. Ours also keeps leases, settles each message by its
outcome, retries what failed by itself, counts, and hands back what it holds when it stops: SIGTERM
and kill -9 are tested in `tests/integration/test_defects_of_peers.py` and `tests/chaos/`.
aws-sqs-consumer and sqs-workers handle one message after the other, whatever the concurrency; the
naive loop receives one message at a time, in as many loops.

With concurrency 10, one receive is in flight at a time, for ten messages: the rate is ten by the
time of a receive, which is 10 ms and the work of client and server. The floor's loop, which does
nothing but receive and delete, took {request:.1f} ms a request here: {most:,.0f} messages a second
at most, with one receive after the other. From an answer to the next request the engine needs 0.4
ms. Receiving ahead of free slots would raise the rate, and was
dropped: `docs/decisions/0009-a-poll-is-never-cancelled.md` says why.
"""


def section(found: Found, warm_up: int) -> Section:
    """Write the part of the page."""
    plan = found.plan
    ratios = [f"{found.times_floor(each):.2f} ({named(each)})" for each in plan.settings]
    text = TEXT.format(
        rounds=plan.rounds,
        messages=plan.messages,
        others=" or ".join(f"{count:,}" for count in sorted({*plan.others.values()})),
        warm_up=warm_up,
        ratios=", ".join(ratios),
        table=table(found),
        chart="performance/engine.png",
        request=request_ms(found),
        most=10 / request_ms(found) * 1000,
    )
    return Section("engine", "The consumer engine beside its peers", text, bounds(found))


def request_ms(found: Found) -> float:
    """Return how long one of the floor's two requests for ten messages takes, at 10 ms."""
    return 10 / found.rate(FLOOR, Setting(10, 0.01)) / 2 * 1000


def table(found: Found) -> str:
    """Write what each consumer needed, in Markdown."""
    plan = found.plan
    near = [each for each in plan.settings if not each.delay]
    heads = [
        *("consumer", "requests a message"),
        *(f"CPU, ms a message: {named(each)}" for each in near),
        f"CPU by ours: {named(near[0])}",
        *(f"messages/s: {named(each)}" for each in plan.settings),
    ]
    rows = [
        [
            *(NAMES[peer], f"{found.requests(peer):.2f}"),
            *(f"{found.cpu(peer, each):.3f}" for each in near),
            f"{found.cpu(peer, near[0]) / found.cpu(OURS, near[0]):.2f}",
            *(f"{found.rate(peer, each):,.0f}" for each in plan.settings),
        ]
        for peer in shown(plan)
    ]
    return "\n".join(_row(cells) for cells in [heads, ["---"] * len(heads), *rows])


def bounds(found: Found) -> Sequence[Bound]:
    """Compare requests, CPU and rates with what is wanted."""
    settings = found.plan.settings
    return [
        Bound(what="Engine: requests a message", figure=found.requests(OURS), limit=MOST_REQUESTS),
        *(
            Bound(
                what=f"Engine: CPU by that of the floor, {named(each)}",
                figure=found.times_floor(each),
                limit=MOST_TIMES_FLOOR,
            )
            for each in settings
        ),
        *(
            Bound(
                what=f"Engine: messages per second, {named(each)}",
                figure=found.rate(OURS, each),
                limit=RATES[each],
                at_least=True,
                absolute=True,
            )
            for each in settings
            if each in RATES
        ),
    ]


def draw_chart(found: Found) -> None:
    """Draw CPU and rates of all consumers by concurrency."""
    peers, far = shown(found.plan), list(RATES)
    draw(
        [NAMES[peer].strip("*") for peer in peers],
        {
            f"concurrency {each.concurrency}": [
                found.cpu(peer, Setting(each.concurrency, 0)) for peer in peers
            ]
            for each in far
        },
        {
            f"concurrency {each.concurrency}": [found.rate(peer, each) for peer in peers]
            for each in far
        },
        PERFORMANCE / "engine.png",
    )


def shown(plan: Plan) -> Sequence[str]:
    """List the consumers of a plan, in the order of the table."""
    return [peer for peer in NAMES if peer in {OURS, FLOOR, *plan.others}]


def named(setting: Setting) -> str:
    """Name a setting in a few characters."""
    return f"c = {setting.concurrency}, {setting.delay * 1000:.0f} ms"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
