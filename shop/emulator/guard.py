"""Lets nobody into the emulator but the processes that were given its credentials.

ministack has no authentication, answers every origin, and can be reset by anybody who reaches its
port: any user of this machine, and any web page in a browser on it.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from http import HTTPMethod, HTTPStatus

from shop.emulator.messages import Answer, Head, Response

HEALTH_PATH = "/healthz"

_SIGNATURE = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/\s,]+)/\d+/([\w-]+)/(\w+)/aws4_request,\s*"
    r"SignedHeaders=[\w;-]+,\s*Signature=[0-9a-f]+"
)
"""One whole header of Signature Version 4: with access key id, region and service."""

_CALL = re.compile(r"/(\d{12}/[\w.-]+)?")
"""The paths of SQS, SNS and DynamoDB: the root, and that of a queue's URL."""

_CODE = "UnrecognizedClientException"
"""AWS's error code for an access key that it does not know."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What a request was signed for: `us-east-1` and `sqs`."""

    region: str
    service: str


Serve = Callable[[Scope, Head, bytes], Awaitable[Response]]
"""Serves a call of one of our own processes, given its head and its body."""


class Guard:
    """The application that stands in front of ministack's services, at `port` of loopback.

    The access key id is the secret that is checked, not the signature made with it: on loopback
    nobody can read or change a request on its way.
    """

    def __init__(self, port: int, access_key_id: str, serve: Serve) -> None:
        self._hosts = frozenset(f"{host}:{port}" for host in ("127.0.0.1", "localhost", "[::1]"))
        self._access_key_id = access_key_id.encode()
        self._serve = serve

    def __call__(self, head: Head) -> Answer | Response:
        """Pass on the calls of our own processes; refuse everything else without reading it."""
        if not self._comes_from_this_machine(head.headers):
            return _refusal(head, "a browser or another host name")
        if head.target == HEALTH_PATH and head.method == HTTPMethod.GET:
            return _alive
        signature = _SIGNATURE.fullmatch(head.headers.get("authorization", ""))
        if signature is None or not self._is_ours(signature[1]):
            return _refusal(head, "an unknown access key")
        if head.method != HTTPMethod.POST or not _CALL.fullmatch(head.target):
            return _refusal(head, "another path than SQS, SNS and DynamoDB have")
        return partial(self._serve, Scope(signature[2], signature[3]), head)

    def _comes_from_this_machine(self, headers: Mapping[str, str]) -> bool:
        """Return false for a page of another origin, or of a name that was rebound to loopback."""
        return "origin" not in headers and headers.get("host") in self._hosts

    def _is_ours(self, access_key_id: str) -> bool:
        return secrets.compare_digest(access_key_id.encode("latin-1"), self._access_key_id)


async def _alive(_: bytes) -> Response:
    return _plain(HTTPStatus.OK, '{"status":"alive"}')


def _refusal(head: Head, reason: str) -> Response:
    """Refuse as AWS does an unknown access key, in the protocol of the caller's SDK."""
    message = f"The emulator refuses {reason}."
    if "json" in head.headers.get("content-type", ""):
        return _plain(HTTPStatus.FORBIDDEN, json.dumps({"__type": _CODE, "message": message}))
    error = f"<Error><Code>{_CODE}</Code><Message>{message}</Message></Error>"
    return _plain(HTTPStatus.FORBIDDEN, f"<ErrorResponse>{error}</ErrorResponse>")


def _plain(status: HTTPStatus, text: str) -> Response:
    headers = {"Content-Type": "text/plain", "Cache-Control": "no-store"}
    return Response(status, headers, text.encode())
