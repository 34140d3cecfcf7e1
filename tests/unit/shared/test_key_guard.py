"""Wrong keys slow down those who show them, and nobody else."""

from __future__ import annotations

import structlog
from prometheus_client import Counter

from shared.web.key_guard import KeyGuard
from shared.web.problem import Problem

ADA, GRACE = ["192.0.2.1"], ["192.0.2.2"]


class Guarded:
    """A guard at a time of the test's choice."""

    def __init__(self, per_minute: int = 3) -> None:
        self.now = 1000.0
        self.guard = KeyGuard(
            per_minute=per_minute,
            wrong_keys=Counter("wrong", "", registry=None),
            monotonic=lambda: self.now,
        )

    def wait(self, client: list[str]) -> float:
        """Give how long the client has to wait until its key is looked at."""
        try:
            self.guard.check(client)
        except Problem as problem:
            return problem.retry_after or -1
        return 0

    def wrong(self, client: list[str], times: int = 1) -> None:
        for _ in range(times):
            self.guard.record(client)


def test_after_three_wrong_keys_a_client_waits_until_the_first_is_a_minute_old() -> None:
    guarded = Guarded()
    guarded.wrong(ADA, 2)
    assert guarded.wait(ADA) == 0
    guarded.now += 20
    guarded.wrong(ADA)
    assert guarded.wait(ADA) == 40
    guarded.now += 40
    assert guarded.wait(ADA) == 0


def test_wrong_keys_of_one_client_lock_nobody_else_out() -> None:
    guarded = Guarded()
    guarded.wrong(ADA, 10_000)
    assert guarded.wait(GRACE) == 0


def test_while_many_clients_guess_each_may_do_so_once() -> None:
    guarded = Guarded()
    for number in range(300):
        guarded.wrong([f"198.51.100.{number}"])
    guarded.wrong(ADA)
    assert guarded.wait(ADA) > 0
    assert guarded.wait(GRACE) == 0
    guarded.now += 61
    assert guarded.wait(ADA) == 0


def test_a_home_network_of_ipv6_guesses_four_times_as_often_as_one_of_its_networks() -> None:
    guarded = Guarded()
    for number in range(12):
        assert guarded.wait([f"net {number}", "home", "site"]) == 0
        guarded.wrong([f"net {number}", "home", "site"])
    assert guarded.wait(["net 12", "home", "site"]) > 0
    assert guarded.wait(["net 13", "another home", "site"]) == 0


def test_a_client_that_guesses_is_logged_once_a_minute() -> None:
    guarded = Guarded()
    with structlog.testing.capture_logs() as logs:
        guarded.wrong(ADA, 500)
    assert [(log["event"], log["log_level"]) for log in logs] == [("key.wrong", "warning")]


def test_without_a_limit_every_key_is_looked_at() -> None:
    guarded = Guarded(0)
    guarded.wrong(ADA, 1000)
    assert guarded.wait(ADA) == 0
