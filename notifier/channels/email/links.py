"""Links in mail: signed, each for one purpose and one subscription."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class LinkSigner:
    """Makes and checks tokens. Links lead to `url`, as in https://coffee.example.

    A token is an HMAC-SHA-256 (RFC 2104), keyed with the shop's `secret`, of its purpose and its
    subscription, so that none needs to be stored.
    """

    secret: str = field(repr=False)
    url: str

    def confirm_token(self, subscription_id: str) -> str:
        """Make the token that confirms a subscription."""
        return self._token("confirm", subscription_id)

    def confirms(self, token: str, subscription_id: str) -> bool:
        """Return whether a token confirms a subscription."""
        return hmac.compare_digest(token.encode(), self.confirm_token(subscription_id).encode())

    def confirm_link(self, subscription_id: str) -> str:
        """Make the link of a confirmation mail."""
        token = self.confirm_token(subscription_id)
        return f"{self.url}/subscriptions/{subscription_id}/confirm?token={token}"

    def unsubscribe_link(self, subscription_id: str) -> str:
        """Make the link that ends a subscription (RFC 8058)."""
        signature = self._token("unsubscribe", subscription_id)
        return f"{self.url}/unsubscribe?token={subscription_id}.{signature}"

    def unsubscribes(self, token: str) -> str | None:
        """Return the subscription that a token ends, or None if the token is not valid."""
        return self._subscription_of(token, "unsubscribe")

    def manage_link(self, subscription_id: str) -> str:
        """Make the link to all newsletters that come to the mailbox of a subscription."""
        signature = self._token("manage", subscription_id)
        return f"{self.url}/newsletters/manage?token={subscription_id}.{signature}"

    def manages(self, token: str) -> str | None:
        """Return the subscription whose mailbox a token manages, or None if it is not valid."""
        return self._subscription_of(token, "manage")

    def digest(self, address: str) -> str:
        """Make what is stored of an address, which must not be stored itself."""
        return self._token("address", address)

    def _subscription_of(self, token: str, purpose: str) -> str | None:
        subscription_id, _, signature = token.rpartition(".")
        expected = self._token(purpose, subscription_id)
        is_valid = hmac.compare_digest(signature.encode(), expected.encode())
        return subscription_id if is_valid else None

    def _token(self, purpose: str, subscription_id: str) -> str:
        mac = hmac.digest(
            self.secret.encode(), f"{purpose}:{subscription_id}".encode(), hashlib.sha256
        )
        return base64.urlsafe_b64encode(mac).decode().rstrip("=")
