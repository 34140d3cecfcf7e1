"""Order ids: unguessable, and the same for the same idempotency key."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

_ID_BYTES = 16


class OrderIds:
    """Makes order ids of 26 lower-case letters and digits (128 bits, RFC 4648 base 32).

    An idempotency key's id depends on a secret: guessing a customer's keys does not reveal their
    orders. The order store keeps the secret for all cashiers of a shop.
    """

    def __init__(self, secret: str) -> None:
        self._secret = hashlib.sha256(b"coffeeshop order ids\0" + secret.encode()).digest()

    def fresh(self) -> str:
        """Make a new random id."""
        return _encode(secrets.token_bytes(_ID_BYTES))

    def of_key(self, key: str) -> str:
        """Make the id of the order that was, or will be, placed under an idempotency key."""
        return _encode(hmac.digest(self._secret, key.encode(), "sha256")[:_ID_BYTES])

    def of_updates(self, order_id: str) -> str:
        """Make the id of the subscription to an order's own events."""
        return _encode(hmac.digest(self._secret, b"updates\0" + order_id.encode(), "sha256"))


def _encode(raw: bytes) -> str:
    return base64.b32encode(raw).decode().rstrip("=").lower()
