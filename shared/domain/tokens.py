"""Tokens and secrets: random, and kept only as a digest where they need not be told again."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

_SECRET_BYTES = 32
"""The Standard Webhooks specification wants 24 to 64."""


def new_token() -> str:
    """Make a token of 256 random bits, to be shown once."""
    return secrets.token_urlsafe(_SECRET_BYTES)


def new_id() -> str:
    """Make an id that nobody guesses, and that no command line takes for an option."""
    return secrets.token_hex(16)


def new_signing_secret() -> str:
    """Make a secret in the form of the Standard Webhooks specification: `whsec_` and base64."""
    return f"whsec_{base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()}"


def token_digest(token: str) -> str:
    """Hash a token for the record, in hexadecimal."""
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()


def is_token(token: str, digest: str) -> bool:
    """Tell whether a token is the one of that digest, in the same time however much is right."""
    return hmac.compare_digest(token_digest(token), digest)
