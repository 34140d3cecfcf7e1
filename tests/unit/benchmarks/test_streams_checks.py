"""The benchmark of the live streams: its rule holds when it should, and only then."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.streams.checks import BYTES_PER_STREAM, Round, failures, ratio
from benchmarks.streams.readers import Reader
from benchmarks.streams.times import Spread, Times, numbered_issue, spread

STREAMS, EMPTY = 1000, 60 * 2**20
WELL = Round(
    few=Spread(100, 0.05, 0.1),
    all=Spread(900, 0.06, 0.15),
    missed=0,
    stalled=100,
    dropped=100,
    memory_few=EMPTY,
    memory_all=EMPTY + 2**20,
    busy=0.1,
)


def but(**changes: object) -> Round:
    return dataclasses.replace(WELL, **changes)  # type: ignore[arg-type]


def test_a_good_round_has_no_failure() -> None:
    assert failures([WELL], EMPTY, STREAMS) == []


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (but(all=Spread(900, 0.06, 0.21)), "times that of few"),
        (but(missed=1), "1 events did not arrive"),
        (but(dropped=99), "1 stalled streams were not dropped"),
        (but(dropped=101), "others were"),
        (but(memory_all=EMPTY + STREAMS * BYTES_PER_STREAM + 1), "more memory"),
    ],
)
def test_each_failure_is_found_for_itself(one: Round, said: str) -> None:
    (failure,) = failures([one], EMPTY, STREAMS)
    assert said in failure


def test_one_slow_round_of_three_is_the_machine_s_and_two_are_ours() -> None:
    slow = but(all=Spread(900, 0.06, 0.5))
    assert ratio([WELL, slow, WELL]) == pytest.approx(1.5)
    assert failures([WELL, slow, WELL], EMPTY, STREAMS) == []
    assert len(failures([slow, slow, WELL], EMPTY, STREAMS)) == 1


@given(st.lists(st.floats(0, 10), min_size=1, max_size=300))
def test_a_percentile_is_a_delay_that_so_many_do_not_exceed(delays: list[float]) -> None:
    found = spread(delays)
    assert sum(delay <= found.p50 for delay in delays) * 2 >= len(delays)
    assert sum(delay <= found.p99 for delay in delays) * 100 >= 99 * len(delays)
    assert sum(delay >= found.p99 for delay in delays) * 100 >= len(delays)


@given(st.sets(st.integers(1, 9000), max_size=40))
async def test_a_reader_receives_every_event_once_wherever_its_bytes_are_cut(
    cuts: set[int],
) -> None:
    received: list[int] = []
    buffer = bytearray(2**16)
    reader = Reader(received.append, memoryview(buffer))
    events = b"".join(
        b"id: c0ffee-1\ndata: %b\n\n" % numbered_issue(number).model_dump_json().encode()
        for number in (7, 8)
    )
    stream = b"HTTP/1.1 200 OK\r\n\r\nretry: 2000\n" + events
    ends = [*sorted(cut for cut in cuts if cut < len(stream)), len(stream)]
    for begin, end in zip([0, *ends], ends, strict=False):
        buffer[: end - begin] = stream[begin:end]
        reader.buffer_updated(end - begin)
    assert received == [7, 8]
    assert reader.opened.done()


def test_delays_are_counted_from_each_event_s_own_publication() -> None:
    times = Times()
    numbers = [times.publish(), times.publish()]
    times.received(numbers[1])
    times.received(numbers[0])
    assert times.count == 2
    later, earlier = times.take()
    assert 0 <= later <= earlier
    assert times.count == 0
