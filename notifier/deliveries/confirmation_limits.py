"""Limit confirmation requests: anyone can ask for them, and enter someone else's address or URL.

Each request counts for its sender and for where it leads. The caller learns of its own limits
alone: what is known of an address, or was sent there for others, must not be told.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import prometheus_client
import structlog
from prometheus_client import CollectorRegistry

from notifier.channels.email.mailbox import mailbox, owned_domain
from notifier.store.contract import PendingConfirmations
from shared.clock import Clock
from shared.domain.subscription import Channel, Subscription
from shared.domain.webhook_url import webhook_host

log = structlog.stdlib.get_logger(__name__)

HOUR = dt.timedelta(hours=1)
DAY = dt.timedelta(days=1)
CHALLENGES_LAST = dt.timedelta(minutes=15)
"""How long a webhook may take to answer its challenge; a mail may wait for longer."""

_REQUESTS, _MAILS = "all-requests", "all-mails"
"""What the totals are counted as."""

_SHARE = 4
"""So many times what a client may have pending is its share of each total in an hour."""


class TooManyRequestedError(Exception):
    """One client has too many subscriptions that are not confirmed."""


class TooManyPendingError(Exception):
    """All clients together have too many subscriptions that are not confirmed."""


class ConfirmationMetrics:
    """Counts what the limits held back, in the registry that the notifier's `/metrics` shows."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.limited = prometheus_client.Counter(
            "coffeeshop_confirmations_limited",
            "Confirmation requests refused or postponed by a limit.",
            ("limit",),
            registry=registry,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class MostConfirmations:
    """How many unanswered confirmations there may be; the settings have the same names."""

    per_client: int
    per_client_and_domain: int
    per_client_and_host: int
    per_domain: int
    per_mailbox: int
    mails_per_hour: int
    requests_per_hour: int


@dataclass(frozen=True, slots=True)
class _Limit:
    """So many may be unanswered, of those of a lifetime, that have the same value."""

    name: str
    value: str
    most: int
    lifetime: dt.timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmationLimits:
    """Reserves each confirmation request's part of the limits, in the store.

    `digest` makes what is stored of a client or an address, which nobody can read from it.
    """

    pending: PendingConfirmations
    digest: Callable[[str], str]
    most: MostConfirmations
    metrics: ConfirmationMetrics
    clock: Clock

    async def admit(self, subscription: Subscription) -> None:
        """Admit a new subscription; raises TooManyRequestedError, TooManyPendingError."""
        if subscription.client is None:
            return
        if await self._first_reached(subscription, list(self._of_client(subscription))):
            raise TooManyRequestedError
        if not await self._count_own(subscription, _REQUESTS):
            await self.release(subscription)
            raise TooManyRequestedError
        if not await self.pending.count_use(
            _REQUESTS, self.clock(), limit=self.most.requests_per_hour, period=HOUR
        ):
            self.metrics.limited.labels("requests_per_hour").inc()
            await self.release(subscription)
            raise TooManyPendingError

    async def reserve(self, subscription: Subscription) -> bool:
        """Reserve what a mail or a challenge counts for; return whether it may be sent."""
        hidden = list(self._hidden(subscription))
        reached = await self._first_reached(subscription, hidden)
        if reached is None and subscription.channel is Channel.EMAIL:
            reached = await self._count_mail(subscription)
        if reached is not None:
            log.info("confirmation.limited", subscription=subscription.id, limit=reached)
        return reached is None

    async def not_sent(self, subscription: Subscription) -> None:
        """Take back what was reserved for a mail that was not accepted."""
        await self._release(subscription, self._hidden(subscription))
        if subscription.channel is Channel.EMAIL:
            await self.pending.uncount_use(_MAILS)
            await self.pending.uncount_use(self._own(subscription, _MAILS))

    async def release(self, subscription: Subscription) -> None:
        """Count a confirmation as pending no longer."""
        limits = (*self._of_client(subscription), *self._hidden(subscription))
        await self._release(subscription, limits)

    async def _release(self, subscription: Subscription, limits: Iterable[_Limit]) -> None:
        for limit in limits:
            await self.pending.release_confirmation(self._key(limit), subscription.id)

    async def _first_reached(self, subscription: Subscription, limits: list[_Limit]) -> str | None:
        """Reserve a part of every limit; if one is reached, release those, and return its name."""
        for limit in limits:
            if not await self.pending.reserve_confirmation(
                self._key(limit),
                subscription.id,
                self.clock(),
                limit=limit.most,
                lifetime=limit.lifetime,
            ):
                self.metrics.limited.labels(limit.name).inc()
                await self._release(subscription, limits)
                return limit.name
        return None

    async def _count_mail(self, subscription: Subscription) -> str | None:
        """Count one more mail; if a limit is reached, release the rest, and return its name."""
        most = self.most.mails_per_hour
        if not await self._count_own(subscription, _MAILS):
            reached = "share_of_client"
        elif await self.pending.count_use(_MAILS, self.clock(), limit=most, period=HOUR):
            return None
        else:
            reached = "mails_per_hour"
            self.metrics.limited.labels(reached).inc()
            await self.pending.uncount_use(self._own(subscription, _MAILS))
        await self._release(subscription, self._hidden(subscription))
        return reached

    async def _count_own(self, subscription: Subscription, total: str) -> bool:
        """Count one more of a client's share of a total, whatever became of the others.

        The other limits count only what is pending: what a client confirms itself, or ends by a
        failed challenge, would use up a total for everybody.
        """
        if subscription.client is None:
            return True
        counted = await self.pending.count_use(
            self._own(subscription, total),
            self.clock(),
            limit=_SHARE * self.most.per_client,
            period=HOUR,
        )
        if not counted:
            self.metrics.limited.labels("share_of_client").inc()
        return counted

    def _own(self, subscription: Subscription, total: str) -> str:
        return self.digest(f"{total}:{subscription.client}")

    def _of_client(self, subscription: Subscription) -> Iterator[_Limit]:
        """Give the limits that its client is told of."""
        client, most = subscription.client, self.most
        if client is None:
            return
        yield _Limit("per_client", f"client:{client}", most.per_client, HOUR)
        if subscription.channel is Channel.WEBHOOK:
            value = f"client:{client}:{webhook_host(subscription.target)}"
            yield _Limit("per_client_and_host", value, most.per_client_and_host, CHALLENGES_LAST)

    def _hidden(self, subscription: Subscription) -> Iterator[_Limit]:
        """Give the limits that a client must not see, since they tell of other people."""
        if subscription.channel is not Channel.EMAIL:
            return
        most, box = self.most, mailbox(subscription.target)
        if domain := owned_domain(subscription.target):
            if subscription.client is not None:
                value = f"client:{subscription.client}:{domain}"
                yield _Limit("per_client_and_domain", value, most.per_client_and_domain, HOUR)
            yield _Limit("per_domain", f"domain:{domain}", most.per_domain, HOUR)
        yield _Limit("per_mailbox", box, most.per_mailbox, DAY)

    def _key(self, limit: _Limit) -> str:
        return self.digest(limit.value)
