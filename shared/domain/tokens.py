"""Tokens and secrets: random, and stored as a digest where they are never shown again."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

_SECRET_BYTES = 32
"""The Standard Webhooks specification wants 24 to 64."""


def new_token() -> str:
    """Make a token of 256 random bits."""
    return secrets.token_urlsafe(_SECRET_BYTES)


def new_id() -> str:
    """Make an unguessable id; in hexadecimal, so that no command line takes it for an option."""
    return secrets.token_hex(16)


def new_signing_secret() -> str:
    """Make a secret in the form of the Standard Webhooks specification: `whsec_` and base64."""
    return f"whsec_{base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()}"


def token_digest(token: str) -> str:
    """Hash a token with SHA-256, in hexadecimal."""
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()


def matches_digest(token: str, digest: str) -> bool:
    """Return whether the digest is the token's, in constant time."""
    return hmac.compare_digest(token_digest(token), digest)
