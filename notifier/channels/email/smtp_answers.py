"""What the refusals of a mail server mean: are they about the recipient, or about us?

Only enhanced status codes whose subject is an address (x.1) or a mailbox (x.2) are about the
recipient (RFC 3463, section 3); without one, nobody can tell "no such user" from "no relaying".
"""

from __future__ import annotations

import re

from notifier.channels.channel import LocalFailure, PermanentFailure, TransientFailure

_STATUS = re.compile(r"\s*([245])\.(\d{1,3})\.(\d{1,3})(?!\d)")
_PERMANENT = 500

_OF_SERVER = frozenset({421, 454, 530, 535})
"""Codes for a server that is closing, or wants TLS or a login first (RFC 5321, 3207, 4954)."""

_OF_SENDER = frozenset({(1, 7), (1, 8)})
"""Of the addresses, these are the sender's: ours."""

_OF_MAIL = frozenset({(2, 3)})
"""The mail is longer than the mailbox takes; a shorter one may arrive."""

_FULL = (2, 2)
_ADDRESS, _MAILBOX = 1, 2


def refusal(code: int, text: str) -> TransientFailure | LocalFailure | PermanentFailure:
    """Classify an answer to RCPT or to the mail itself, by its code and the beginning of its text.

    An answer that is not about the recipient never counts against a subscriber. If one mail that
    is taken for spam counted as a bounce, it would cost us every subscriber at that server.
    """
    answer = f"the mail server answered {code}"
    if code in _OF_SERVER:
        return LocalFailure(answer)
    status = status_of(code, text)
    if not _is_of_recipient(status):
        return TransientFailure(answer, of_subscriber=False)
    if code >= _PERMANENT and status != _FULL:
        return PermanentFailure(f"the mail was refused with {code}")
    return TransientFailure(answer)


def status_of(code: int, text: str) -> tuple[int, int] | None:
    """Read subject and detail of an enhanced status code whose class is that of the code."""
    match = _STATUS.match(text)
    if match is None or int(match[1]) != code // 100:
        return None
    return int(match[2]), int(match[3])


def _is_of_recipient(status: tuple[int, int] | None) -> bool:
    return (
        status is not None
        and status[0] in {_ADDRESS, _MAILBOX}
        and status not in _OF_SENDER | _OF_MAIL
    )
