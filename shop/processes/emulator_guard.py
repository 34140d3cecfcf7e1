"""Lets nobody into the emulator but the processes that were given its credentials.

ministack has no authentication, answers every origin, and can be reset by anybody who reaches its
port: any user of this machine, and any web page in a browser on it.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from http import HTTPMethod, HTTPStatus
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]
"""An ASGI 3 application."""

HEALTH_PATH = "/healthz"

_SIGNATURE = re.compile(rb"AWS4-HMAC-SHA256 Credential=([^/\s]+)/")
"""The header of Signature Version 4, up to the access key id."""

_CALL = re.compile(r"/(\d{12}/[\w.-]+)?")
"""The paths of SQS, SNS and DynamoDB: the root, and that of a queue's URL."""

_CODE = "UnrecognizedClientException"
"""AWS's error code for an access key that it does not know."""

_POLICY_VIOLATION = 1008
"""The code of RFC 6455, section 7.4.1."""


class Guard:
    """An ASGI application in front of ministack's, at `port` of loopback.

    The access key id is the secret that is checked, not the signature made with it: on loopback
    nobody can read or change a request on its way.
    """

    def __init__(self, app: Application, port: int, access_key_id: str) -> None:
        self._app = app
        self._hosts = {f"{host}:{port}".encode() for host in ("127.0.0.1", "localhost", "[::1]")}
        self._access_key_id = access_key_id.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on the calls of our own processes; refuse everything else without reading it."""
        match scope["type"]:
            case "lifespan":
                await self._app(scope, receive, send)
            case "http":
                await self._answer(scope, receive, send)
            case _:  # a WebSocket
                await receive()
                await send({"type": "websocket.close", "code": _POLICY_VIOLATION})

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self._comes_from_this_machine(scope):
            await _refuse(scope, send, "a browser or another host name")
        elif scope["path"] == HEALTH_PATH and scope["method"] == HTTPMethod.GET:
            await _respond(send, HTTPStatus.OK, '{"status":"alive"}')
        elif not self._is_signed(scope):
            await _refuse(scope, send, "an unknown access key")
        elif scope["method"] != HTTPMethod.POST or not _CALL.fullmatch(scope["path"]):
            await _refuse(scope, send, "another path than SQS, SNS and DynamoDB have")
        else:
            await self._app(scope, receive, _without_cors(send))

    def _comes_from_this_machine(self, scope: Scope) -> bool:
        """Return false for a page of another origin, or of a name that was rebound to loopback."""
        hosts = _values(scope, b"host")
        return not _values(scope, b"origin") and len(hosts) == 1 and hosts[0] in self._hosts

    def _is_signed(self, scope: Scope) -> bool:
        headers = _values(scope, b"authorization")
        signature = _SIGNATURE.match(headers[0]) if len(headers) == 1 else None
        return signature is not None and secrets.compare_digest(signature[1], self._access_key_id)


def _values(scope: Scope, name: bytes) -> list[bytes]:
    return [value for key, value in scope["headers"] if key.lower() == name]


def _without_cors(send: Send) -> Send:
    async def send_without(message: Message) -> None:
        if "headers" in message:
            message["headers"] = [
                (name, value)
                for name, value in message["headers"]
                if not name.lower().startswith(b"access-control-")
            ]
        await send(message)

    return send_without


async def _refuse(scope: Scope, send: Send, reason: str) -> None:
    """Refuse as AWS does an unknown access key, in the protocol of the caller's SDK."""
    message = f"The emulator refuses {reason}."
    if any(b"json" in value for value in _values(scope, b"content-type")):
        await _respond(
            send, HTTPStatus.FORBIDDEN, json.dumps({"__type": _CODE, "message": message})
        )
    else:
        error = f"<Error><Code>{_CODE}</Code><Message>{message}</Message></Error>"
        await _respond(send, HTTPStatus.FORBIDDEN, f"<ErrorResponse>{error}</ErrorResponse>")


async def _respond(send: Send, status: HTTPStatus, body: str) -> None:
    headers = [(b"content-type", b"text/plain"), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body.encode()})
