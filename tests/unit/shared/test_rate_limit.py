"""Each client is admitted a limited number of times in any minute."""

from __future__ import annotations

import asyncio
import time

import structlog
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import Counter

from shared.domain.staff import OWNER
from shared.web.caller import CALLER
from shared.web.problem import TOO_MANY_REQUESTS, Problem
from shared.web.rate_limit import MAX_CLIENTS, RateLimit, RequestRate

REQUEST = make_mocked_request("POST", "/orders")


def wait(limit: RateLimit, client: str) -> float:
    """Make a request as a client; 0, or how long it has to wait."""
    try:
        limit.admit(REQUEST.clone(remote=client))
    except Problem as problem:
        return problem.retry_after or 0 if problem.kind is TOO_MANY_REQUESTS else -1
    return 0


class Seconds:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_the_last_try_within_the_minute_waits_until_the_first_is_a_minute_old() -> None:
    seconds = Seconds()
    limit = RateLimit(3, seconds)
    for seconds.now in (0, 10, 20):
        assert wait(limit, "ada") == 0
    seconds.now = 59.5
    assert wait(limit, "ada") == 0.5
    seconds.now = 60
    assert wait(limit, "ada") == 0
    assert wait(limit, "ada") == 10


@given(
    per_minute=st.integers(1, 5),
    pauses=st.lists(st.integers(0, 60 * 8).map(lambda eighths: eighths / 8), max_size=60),
)
def test_in_no_minute_are_there_more_than_the_limit_and_none_is_refused_below_it(
    per_minute: int, pauses: list[float]
) -> None:
    seconds = Seconds()
    limit = RateLimit(per_minute, seconds)
    admitted: list[float] = []
    for pause in pauses:
        seconds.now += pause
        within = [at for at in admitted if at > seconds.now - 60]
        seconds_left = wait(limit, "ada")
        assert (seconds_left == 0) == (len(within) < per_minute)
        if seconds_left:
            assert seconds.now + seconds_left == within[0] + 60
        else:
            admitted.append(seconds.now)


def test_one_client_takes_nothing_from_another() -> None:
    limit = RateLimit(1, Seconds())
    assert wait(limit, "ada") == 0
    assert wait(limit, "ada") > 0
    assert wait(limit, "grace") == 0


def test_without_a_limit_every_client_is_admitted() -> None:
    limit = RateLimit(0, Seconds())
    assert [wait(limit, "ada") for _ in range(1000)] == [0] * 1000


def test_the_client_not_seen_for_longest_is_forgotten_when_there_are_too_many() -> None:
    limit = RateLimit(1, Seconds())
    wait(limit, "ada")
    wait(limit, "grace")
    wait(limit, "ada")
    for number in range(MAX_CLIENTS - 1):
        wait(limit, f"client {number}")
    assert wait(limit, "ada") > 0
    assert wait(limit, "grace") == 0


def test_a_home_network_may_do_four_times_as_much_as_one_of_its_256_networks() -> None:
    limit = RateLimit(2, Seconds())
    tries = [wait(limit, f"2001:db8:1:{number:x}::1") for number in range(256) for _ in range(3)]
    assert tries.count(0) == 8


def test_a_site_may_do_sixteen_times_as_much_however_many_networks_it_has() -> None:
    limit = RateLimit(2, Seconds())
    tries = [wait(limit, f"2001:db8:1:{number << 8:x}::1") for number in range(256)]
    assert tries.count(0) == 32


async def test_a_client_may_send_five_seconds_of_requests_at_once_and_then_so_many_in_each() -> (
    None
):
    seconds, limited = Seconds(), Counter("limited", "", registry=None)
    rate = RequestRate(10, limited, seconds)
    assert await admitted(rate, "ada", 100) == 50
    assert await admitted(rate, "grace", 1) == 1
    seconds.now = 2
    assert await admitted(rate, "ada", 100) == 20


async def test_a_client_over_its_rate_is_held_for_a_second_refused_and_logged_once() -> None:
    rate = RequestRate(1, Counter("limited", "", registry=None), Seconds())
    assert await admitted(rate, "ada", 5) == 5
    began = time.monotonic()
    with structlog.testing.capture_logs() as logs:
        assert await admitted(rate, "ada", 10) == 0
    assert time.monotonic() - began >= 1
    assert [log["event"] for log in logs] == ["requests.limited"]


async def test_requests_without_a_limit_are_all_admitted() -> None:
    assert await admitted(RequestRate(0, Counter("limited", "", registry=None)), "ada", 99) == 99


async def admitted(rate: RequestRate, client: str, requests: int) -> int:
    """Make requests as a client, all at once; give how many were admitted."""
    app = web.Application()
    request = make_mocked_request("GET", "/menu", app=app).clone(remote=client)
    attempts = [rate.admit(request) for _ in range(requests)]
    return (await asyncio.gather(*attempts, return_exceptions=True)).count(None)


async def test_requests_of_staff_beyond_the_rate_do_not_count_for_their_address() -> None:
    request = make_mocked_request("GET", "/orders").clone(remote="ada")
    request[CALLER] = OWNER
    seconds = Seconds()
    rate = RequestRate(10, Counter("limited", "", registry=None), seconds)
    for _ in range(10_000):
        await rate.admit(request)
    seconds.now = 1
    assert await admitted(rate, "ada", 10) == 10
