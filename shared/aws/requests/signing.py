"""Signature Version 4, with the day's key kept: deriving it takes four of the five hashes.

It gives what botocore's `SigV4Auth` gives, but signs the headers that must be signed and no more.
AWS General Reference, "Create a signed AWS API request".
"""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
import hmac
from typing import Any
from urllib.parse import urlsplit

from botocore.auth import AUTH_TYPE_MAPS, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import NoCredentialsError
from botocore.hooks import BaseEventHooks

_STANDARD, _LEAN = "v4", "coffeeshop-v4"
_SERVICES = ("sqs", "sns", "dynamodb")
"""Their requests are a POST without a query, with the whole body in memory."""

_ALGORITHM = "AWS4-HMAC-SHA256"
_MANDATORY = ("content-type", "host")
"""Beside these, and `x-amz-…`, no header has to be signed."""


def sign_leanly(events: BaseEventHooks) -> None:
    """Have a client's requests signed by `LeanSigV4`, where botocore would take its own."""
    AUTH_TYPE_MAPS[_LEAN] = LeanSigV4
    for service in _SERVICES:
        events.register(f"choose-signer.{service}", _choose)


def _choose(signature_version: object, **_: object) -> Any:
    return _LEAN if signature_version == _STANDARD else None


class LeanSigV4(SigV4Auth):
    """Signs the requests of `_SERVICES`; any other request is left to botocore."""

    def add_auth(self, request: AWSRequest) -> None:
        """Put the date, the session's token and the signature into the headers.

        Raises NoCredentialsError.
        """
        if self.credentials is None:
            raise NoCredentialsError
        host, path, query = _parts(request.url)
        body: object = request.data  # not `body`, which prepares all of the request first
        if query or request.params or not isinstance(body, bytes):
            super().add_auth(request)
            return
        timestamp = dt.datetime.now(dt.UTC).strftime("%Y%m%dT%H%M%SZ")
        request.context["timestamp"] = timestamp
        _set(request, "X-Amz-Date", timestamp)
        if self.credentials.token:
            _set(request, "X-Amz-Security-Token", self.credentials.token)
        scope = self.credential_scope(request)
        headers = _signed(request.headers, host)
        names = ";".join(name for name, _ in headers)
        canonical = _canonical(request.method or "POST", path, headers, names, body)
        to_sign = f"{_ALGORITHM}\n{timestamp}\n{scope}\n{canonical}"
        key = _key(self.credentials.secret_key, scope)
        signature = hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()
        credential = f"Credential={self.credentials.access_key}/{scope}"
        authorization = f"{_ALGORITHM} {credential}, SignedHeaders={names}, Signature={signature}"
        _set(request, "Authorization", authorization)


def _set(request: AWSRequest, name: str, value: str) -> None:
    """Set a header; a request that is tried again has the one before."""
    del request.headers[name]
    request.headers[name] = value


def _signed(headers: Any, host: str) -> list[tuple[str, str]]:
    lowered = ((name.lower(), value) for name, value in headers.items())
    signed = {
        name: " ".join(value.split())
        for name, value in lowered
        if name in _MANDATORY or name.startswith("x-amz")
    }
    return sorted({"host": host, **signed}.items())


def _canonical(
    method: str, path: str, headers: list[tuple[str, str]], names: str, body: bytes
) -> str:
    listed = "".join(f"{name}:{value}\n" for name, value in headers)
    body_hash = hashlib.sha256(body).hexdigest()
    canonical = f"{method}\n{path}\n\n{listed}\n{names}\n{body_hash}"
    return hashlib.sha256(canonical.encode()).hexdigest()


@functools.lru_cache(maxsize=1024)
def _parts(url: str) -> tuple[str, str, str]:
    """Split a URL, of which a client has few; a port is part of the host unless it is usual."""
    parts = urlsplit(url)
    usual = {"http": 80, "https": 443}.get(parts.scheme)
    host = parts.hostname or ""
    if ":" in host:
        host = f"[{host}]"
    if parts.port not in (None, usual):
        host = f"{host}:{parts.port}"
    return host, parts.path or "/", parts.query


@functools.lru_cache(maxsize=64)
def _key(secret: str, scope: str) -> bytes:
    """Derive the key of a scope: a day, a region and a service."""
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key
