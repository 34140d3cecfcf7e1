"""What a subscriber's refusal means, and how long it may put us off."""

from __future__ import annotations

import datetime as dt
import email.utils

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.channels.channel import Refused, Unreachable
from notifier.channels.webhook.responses import refusal

NOW = dt.datetime(2026, 11, 20, 9, 30, tzinfo=dt.UTC)


@pytest.mark.parametrize("status", [300, 301, 302, 303, 307, 308, 400, 404, 500, 502, 504])
def test_most_refusals_are_for_this_time_only(status: int) -> None:
    verdict = refusal(status, None, NOW)
    assert isinstance(verdict, Refused)
    assert str(status) in verdict.error
    assert verdict.after is None


def test_gone_is_for_good() -> None:
    assert refusal(410, "5", NOW) == Unreachable("answered 410 Gone")


@pytest.mark.parametrize(
    ("retry_after", "pause"),
    [
        ("0", 0),
        ("120", 120),
        ("3600", 3600),
        ("3601", 3600),
        ("9" * 5000, 3600),
        ("Fri, 20 Nov 2026 09:31:30 GMT", 90),
        ("Fri, 20 Nov 2026 09:31:30 -0000", 90),
        ("Fri, 20 Nov 2026 08:00:00 GMT", 0),
        ("Sat, 20 Nov 2027 09:30:00 GMT", 3600),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("٣", None),
        ("", None),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_a_pause_that_was_asked_for_is_kept_up_to_an_hour(
    status: int, retry_after: str, pause: float | None
) -> None:
    assert refusal(status, retry_after, NOW) == Refused(f"answered {status}", pause)


@given(st.text() | st.datetimes().map(email.utils.format_datetime) | st.from_regex(r"\w+ \d+ "))
def test_whatever_is_asked_the_pause_is_bounded(retry_after: str) -> None:
    verdict = refusal(503, retry_after, NOW)
    assert isinstance(verdict, Refused)
    assert verdict.after is None or 0 <= verdict.after <= 3600
