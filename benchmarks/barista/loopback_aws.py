"""SQS on loopback, with an SNS beside it that takes every announcement and keeps none."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

from aiohttp import web

from benchmarks.engine.loopback_sqs import LoopbackSqs

_ACTION = re.compile(rb"\bAction=(\w+)")
_ENTRY = re.compile(rb"\.Id=(\d+)")


@dataclass(slots=True)
class LoopbackAws(LoopbackSqs):
    """Answers both; `published` counts requests to SNS, and what was in them, by their action."""

    published: Counter[str] = field(default_factory=Counter)
    announcements: int = 0

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request: those to SQS name their target in a header."""
        if "X-Amz-Target" in request.headers:
            return await LoopbackSqs.handle(self, request)
        body = await request.read()
        if (action := _ACTION.search(body)) is None:
            return web.Response(status=400)
        entries = [found.decode() for found in _ENTRY.findall(body)]
        self.published[action[1].decode()] += 1
        self.announcements += len(entries)
        answer = _answer(action[1].decode(), entries)
        return web.Response(text=answer, content_type="text/xml")


def _answer(action: str, entries: list[str]) -> str:
    members = "".join(
        f"<member><Id>{each}</Id><MessageId>00000000-0000-4000-8000-{each:0>12}</MessageId></member>"
        for each in entries
    )
    return (
        f'<{action}Response xmlns="http://sns.amazonaws.com/doc/2010-03-31/">'
        f"<{action}Result><Successful>{members}</Successful><Failed/></{action}Result>"
        f"<ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></{action}Response>"
    )
