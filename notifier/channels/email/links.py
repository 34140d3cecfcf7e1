"""Links in mail: signed, so that they open nothing but what they were made for."""

from __future__ import annotations

import base64
import hashlib
import hmac


class LinkSigner:
    """Makes and checks tokens. `secret` is the shop's; `url` is where links lead, for instance https://coffee.example.

    A token is an HMAC-SHA-256 (RFC 2104) of its purpose and its subscription, so that none needs
    to be kept.
    """

    def __init__(self, secret: str, url: str) -> None:
        self._secret = secret.encode()
        self._url = url

    def confirm_token(self, subscription_id: str) -> str:
        """Make the token that confirms a subscription."""
        return self._token("confirm", subscription_id)

    def confirms(self, token: str, subscription_id: str) -> bool:
        """Tell whether a token confirms a subscription."""
        return hmac.compare_digest(token.encode(), self.confirm_token(subscription_id).encode())

    def confirm_link(self, subscription_id: str) -> str:
        """Make the link of a confirmation mail."""
        token = self.confirm_token(subscription_id)
        return f"{self._url}/subscriptions/{subscription_id}/confirm?token={token}"

    def unsubscribe_link(self, subscription_id: str) -> str:
        """Make the link that ends a subscription (RFC 8058)."""
        signature = self._token("unsubscribe", subscription_id)
        return f"{self._url}/unsubscribe?token={subscription_id}.{signature}"

    def unsubscribes(self, token: str) -> str | None:
        """Give the subscription that a token ends, or none if it ends none."""
        subscription_id, _, signature = token.rpartition(".")
        expected = self._token("unsubscribe", subscription_id)
        is_ours = hmac.compare_digest(signature.encode(), expected.encode())
        return subscription_id if is_ours else None

    def digest(self, address: str) -> str:
        """Make what is kept of an address that must not be kept."""
        return self._token("address", address)

    def _token(self, purpose: str, subscription_id: str) -> str:
        mac = hmac.digest(self._secret, f"{purpose}:{subscription_id}".encode(), hashlib.sha256)
        return base64.urlsafe_b64encode(mac).decode().rstrip("=")
