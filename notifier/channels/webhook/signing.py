"""Signatures as Standard Webhooks 1.0.0 has them, for receivers to verify with its libraries.

See https://github.com/standard-webhooks/standard-webhooks, "Verifying webhook authenticity".
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
from collections.abc import Iterable, Mapping

from shared.domain.subscription import SigningSecret

_PREFIX = "whsec_"


def signature_headers(
    event_id: str, body: bytes, at: dt.datetime, signing: Iterable[SigningSecret]
) -> Mapping[str, str]:
    """Give the headers that sign `body` as sent at `at`, once with each secret."""
    timestamp = str(int(at.timestamp()))
    content = f"{event_id}.{timestamp}.".encode() + body
    return {
        "webhook-id": event_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(_signature(each.secret, content) for each in signing),
    }


def _signature(secret: str, content: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(_PREFIX))
    return f"v1,{base64.b64encode(hmac.digest(key, content, hashlib.sha256)).decode()}"
