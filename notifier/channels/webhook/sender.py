"""The webhook channel's sender: one signed POST for each attempt.

Signatures are those of Standard Webhooks 1.0.0, for receivers to verify with its libraries. See
https://github.com/standard-webhooks/standard-webhooks, "Verifying webhook authenticity".
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus

from aiohttp import ClientError, ClientSession
from pydantic import BaseModel, ValidationError

from notifier.channels.channel import (
    Accepted,
    AttemptResult,
    Confirmed,
    LocalFailure,
    PermanentFailure,
    TransientFailure,
)
from notifier.channels.webhook.responses import connection_failure, response_failure
from shared.clock import Clock
from shared.domain.subscription import SigningSecret, Subscription, valid_secrets
from shared.domain.webhook_url import ForbiddenUrlError, WebhookUrlRules
from shared.messages.announcement import CloudEvent

CHALLENGE = "coffeeshop.subscription.challenge.v1"

_MOST_READ = 64 * 1024
_KEY_PREFIX = "whsec_"

# Not application/cloudevents+json: frameworks that parse JSON by its content type, as Express and
# Rails do, would give their receivers an empty body.
_CONTENT_TYPE = "application/json"


class _Echo(BaseModel):
    """The answer to a challenge; other fields are ignored."""

    challenge: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookSender:
    """Posts events to subscribers through sessions that `webhook_session` has opened.

    Challenges have a session of their own: anybody may request them, for any name.
    """

    session: ClientSession
    challenge_session: ClientSession
    rules: WebhookUrlRules
    clock: Clock

    async def deliver(self, subscription: Subscription, event: CloudEvent) -> AttemptResult:
        """Post an event; of a 2xx answer only the status is read."""
        answer = await self._post(self.session, subscription, event)
        return Accepted() if isinstance(answer, bytes) else answer

    async def request_confirmation(
        self, subscription: Subscription, token: str
    ) -> AttemptResult | Confirmed:
        """Post a challenge; a 2xx answer must repeat its token."""
        challenge = CloudEvent(
            id=f"{subscription.id}:challenge",
            source=f"/stores/{subscription.store_id}",
            type=CHALLENGE,
            subject=subscription.id,
            time=self.clock(),
            data={"challenge": token},
        )
        answer = await self._post(self.challenge_session, subscription, challenge, _MOST_READ)
        return _echo(token, answer) if isinstance(answer, bytes) else answer

    async def _post(
        self,
        session: ClientSession,
        subscription: Subscription,
        event: CloudEvent,
        most_read: int = 0,
    ) -> bytes | TransientFailure | LocalFailure | PermanentFailure:
        """Post an event; return the beginning of a 2xx answer, or the failure."""
        body, now = event.model_dump_json(exclude_none=True).encode(), self.clock()
        signed = signature_headers(event.id, body, now, valid_secrets(subscription, now))
        try:
            async with session.post(
                self.rules.url(subscription.target),
                data=body,
                headers={"Content-Type": _CONTENT_TYPE, **signed},
                allow_redirects=False,
            ) as response:
                if HTTPStatus.OK <= response.status < HTTPStatus.MULTIPLE_CHOICES:
                    beginning = b""
                    while (room := most_read - len(beginning)) and (
                        more := await response.content.read(room)
                    ):
                        beginning += more
                    return beginning
                retry_after = response.headers.get("Retry-After")
                return response_failure(response.status, retry_after, self.clock())
        except ForbiddenUrlError as error:
            return TransientFailure(str(error))
        except (ClientError, OSError) as error:  # a time-out is an OSError as well
            return connection_failure(error)


def signature_headers(
    event_id: str, body: bytes, at: dt.datetime, secrets: Iterable[SigningSecret]
) -> Mapping[str, str]:
    """Return the headers that sign `body` as sent at `at`, once with each secret."""
    timestamp = str(int(at.timestamp()))
    content = f"{event_id}.{timestamp}.".encode() + body
    signatures = []
    for each in secrets:
        key = base64.b64decode(each.secret.removeprefix(_KEY_PREFIX))
        digest = hmac.digest(key, content, hashlib.sha256)
        signatures.append(f"v1,{base64.b64encode(digest).decode()}")
    return {
        "webhook-id": event_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(signatures),
    }


def _echo(token: str, answer: bytes) -> Confirmed | TransientFailure:
    """Compare an answer with the challenge; a longer one was cut off, and so is no JSON."""
    try:
        echo = _Echo.model_validate_json(answer)
    except ValidationError:
        return TransientFailure('the answer is not {"challenge": "…"}')
    if not hmac.compare_digest(echo.challenge.encode(), token.encode()):
        return TransientFailure("the answer does not repeat the challenge")
    return Confirmed()
