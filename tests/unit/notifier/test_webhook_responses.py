"""Which failure a subscriber's answer is, and for how long it may postpone the next attempt."""

from __future__ import annotations

import datetime as dt
import email.utils

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.channels.channel import PermanentFailure, TransientFailure
from notifier.channels.webhook.responses import response_failure

NOW = dt.datetime(2026, 11, 20, 9, 30, tzinfo=dt.UTC)


@pytest.mark.parametrize("status", [300, 301, 302, 303, 307, 308, 400, 404, 500, 502, 504])
def test_most_answers_are_transient_failures(status: int) -> None:
    failure = response_failure(status, None, NOW)
    assert isinstance(failure, TransientFailure)
    assert str(status) in failure.error
    assert failure.retry_after is None


def test_gone_is_a_permanent_failure() -> None:
    assert response_failure(410, "5", NOW) == PermanentFailure("answered 410 Gone")


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
def test_a_requested_pause_is_kept_up_to_an_hour(
    status: int, retry_after: str, pause: float | None
) -> None:
    assert response_failure(status, retry_after, NOW) == TransientFailure(
        f"answered {status}", pause
    )


@given(st.text() | st.datetimes().map(email.utils.format_datetime) | st.from_regex(r"\w+ \d+ "))
def test_the_pause_is_bounded_for_any_header(retry_after: str) -> None:
    failure = response_failure(503, retry_after, NOW)
    assert isinstance(failure, TransientFailure)
    assert failure.retry_after is None or 0 <= failure.retry_after <= 3600
