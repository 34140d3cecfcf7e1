"""A proxy between services and AWS that records what each of them has asked for."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field

import aiohttp
from aiohttp import web
from yarl import URL

from tests.e2e.least_privilege.calls import Right, Sent, rights_of

_OF_THE_CONNECTION = {"connection", "keep-alive", "transfer-encoding", "content-length", "expect"}


@dataclass(frozen=True)
class Call:
    """A request, whose rights it needed, and how it was answered."""

    sent: Sent
    rights: frozenset[Right]
    status: int
    answer: bytes

    @property
    def was_denied(self) -> bool:
        return self.status == 403 or (self.status == 400 and b"AccessDenied" in self.answer)


@dataclass
class Recorder:
    """Passes requests on as they are, so that their signatures hold; `calls` are in their order."""

    upstream: str
    http: aiohttp.ClientSession
    calls: list[Call] = field(default_factory=list)
    failures: set[tuple[str, str]] = field(default_factory=set)
    url: str = ""

    async def handle(self, request: web.Request) -> web.Response:
        body = await request.read()
        sent = Sent(request.method, request.raw_path, request.headers, body)
        if self._fails(sent):
            return web.json_response({"__type": "InternalServerError"}, status=500)
        call, headers = await self._pass_on(sent)
        self.calls.append(call)
        return web.Response(status=call.status, headers=headers, body=call.answer)

    async def replay(self, call: Call) -> Call:
        """Send a recorded request again."""
        return (await self._pass_on(call.sent))[0]

    @contextlib.contextmanager
    def failing(self, access_key: str, action: str) -> Iterator[None]:
        """Let AWS fail at one action, for who has that key."""
        self.failures.add((access_key, action))
        try:
            yield
        finally:
            self.failures.remove((access_key, action))

    def has_seen(self, access_key: str, right: Right) -> bool:
        """Tell whether who has that key has needed a right."""
        mine = (call for call in self.calls if call.sent.access_key == access_key)
        return any(right in call.rights for call in mine)

    def _fails(self, sent: Sent) -> bool:
        actions = {right.action for right in rights_of(sent)}
        return any((sent.access_key, action) in self.failures for action in actions)

    async def _pass_on(self, sent: Sent) -> tuple[Call, dict[str, str]]:
        async with self.http.request(
            sent.method,
            URL(self.upstream + sent.path, encoded=True),
            headers=_passed_on(sent.headers),
            data=sent.body,
            allow_redirects=False,
        ) as response:
            answer = await response.read()
            call = Call(sent, rights_of(sent, response.status), response.status, answer)
            return call, _passed_on(response.headers)


def _passed_on(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name, text in headers.items() if name.lower() not in _OF_THE_CONNECTION}


@contextlib.asynccontextmanager
async def recording(
    upstream: str, proof: ssl.SSLContext, trust: ssl.SSLContext
) -> AsyncIterator[Recorder]:
    """Record for as long as the block lasts, on a free port of loopback."""
    connector = aiohttp.TCPConnector(ssl=trust, limit=0)
    async with aiohttp.ClientSession(
        connector=connector, auto_decompress=False, skip_auto_headers=("User-Agent", "Accept")
    ) as http:
        recorder = Recorder(upstream, http)
        app = web.Application(client_max_size=2**25)
        app.router.add_route("*", "/{path:.*}", recorder.handle)
        runner = web.AppRunner(app, shutdown_timeout=1, access_log=None)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=proof).start()
            recorder.url = f"https://127.0.0.1:{runner.addresses[0][1]}"
            yield recorder
        finally:
            await runner.cleanup()
