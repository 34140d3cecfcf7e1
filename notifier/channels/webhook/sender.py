"""The webhook channel's sender: one signed POST for each attempt."""

from __future__ import annotations

import functools
import hmac
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import TypeVar

from aiohttp import ClientError, ClientResponse, ClientSession
from pydantic import BaseModel, ValidationError

from notifier.channels.channel import Accepted, Attempt, Confirmed, NotNow, Refused, Unreachable
from notifier.channels.webhook.responses import failure, refusal
from notifier.channels.webhook.signing import signature_headers
from shared.clock import Clock
from shared.domain.subscription import Subscription, valid_secrets
from shared.domain.webhook_url import ForbiddenUrlError, WebhookUrlRules
from shared.messages.announcement import CloudEvent

CHALLENGE = "coffeeshop.subscription.challenge.v1"

_MOST_READ = 64 * 1024

# Not application/cloudevents+json: frameworks that parse JSON by its content type, as Express and
# Rails do, would hand their receivers an empty body.
_CONTENT_TYPE = "application/json"

_Verdict = TypeVar("_Verdict")


class _Echo(BaseModel):
    """The answer to a challenge; what else it says is nobody's concern."""

    challenge: str


class WebhookSender:
    """Posts events to subscribers through a session that `webhook_session` has opened.

    Challenges go by one of their own, if there is one: anybody may ask for them, of any name.
    """

    def __init__(
        self,
        session: ClientSession,
        rules: WebhookUrlRules,
        clock: Clock,
        challenges: ClientSession | None = None,
    ) -> None:
        self._session = session
        self._challenges = challenges or session
        self._rules = rules
        self._clock = clock

    async def deliver(self, subscription: Subscription, event: CloudEvent) -> Attempt:
        """Post an event; what a 2xx answer says beyond its status is not read."""
        return await self._post(self._session, subscription, event, _accepted)

    async def ask(self, subscription: Subscription, token: str) -> Attempt | Confirmed:
        """Post a challenge; a 2xx answer must repeat it."""
        challenge = CloudEvent(
            id=f"{subscription.id}:challenge",
            source=f"/stores/{subscription.store_id}",
            type=CHALLENGE,
            subject=subscription.id,
            time=self._clock(),
            data={"challenge": token},
        )
        repeated = functools.partial(_repeated, token)
        return await self._post(self._challenges, subscription, challenge, repeated)

    async def agreed(self, subscription: Subscription) -> None:
        """Do nothing: whoever was asked has answered at once."""

    async def _post(
        self,
        session: ClientSession,
        subscription: Subscription,
        event: CloudEvent,
        judge: Callable[[ClientResponse], Awaitable[_Verdict]],
    ) -> _Verdict | Refused | NotNow | Unreachable:
        body = event.model_dump_json(exclude_none=True).encode()
        try:
            url = self._rules.url(subscription.target)
            async with session.post(
                url,
                data=body,
                headers=self._headers(subscription, event, body),
                allow_redirects=False,
            ) as answer:
                if HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
                    return await judge(answer)
                return refusal(answer.status, answer.headers.get("Retry-After"), self._clock())
        except ForbiddenUrlError as error:
            return Refused(str(error))
        except (ClientError, OSError) as error:  # a time-out is an OSError as well
            return failure(error)

    def _headers(
        self, subscription: Subscription, event: CloudEvent, body: bytes
    ) -> Mapping[str, str]:
        now = self._clock()
        signed = signature_headers(event.id, body, now, valid_secrets(subscription, now))
        return {"Content-Type": _CONTENT_TYPE, **signed}


async def _accepted(_: ClientResponse) -> Accepted:
    return Accepted()


async def _repeated(token: str, answer: ClientResponse) -> Confirmed | Refused:
    body = await _beginning(answer)
    try:
        echo = _Echo.model_validate_json(body)
    except ValidationError:
        return Refused('the answer is not {"challenge": "…"}')
    if not hmac.compare_digest(echo.challenge.encode(), token.encode()):
        return Refused("the answer does not repeat the challenge")
    return Confirmed()


async def _beginning(answer: ClientResponse) -> bytes:
    """Read an answer up to 64 KiB; what is longer is cut off, and so is no JSON."""
    body = bytearray()
    while more := await answer.content.read(_MOST_READ - len(body)):
        body += more
    return bytes(body)
