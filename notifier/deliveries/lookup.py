"""Finds the subscriptions of announcements: of those that come at the same time in one query."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Collection, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import TypeAlias

from shared.aws.batcher import Batcher, BatchResult
from shared.domain.subscription import Subscription

Subscribed: TypeAlias = Callable[[Collection[str]], AsyncGenerator[Sequence[Subscription], None]]
"""A store's query; see `SubscriptionStore.subscribed`."""

_MOST_SHARED = 500
"""So many subscriptions are read for several announcements; beyond that, each has its own query."""


@dataclass(slots=True, eq=False)
class _Question:
    """The routing keys of an announcement; `found` is None as long as there is no answer."""

    routing_keys: Collection[str]
    found: Sequence[Subscription] | None = None


class SubscriptionLookup:
    """Looks up subscriptions by routing key.

    An order has four announcements, and a busy shop ten at once, which share a routing key: that
    of their topic. Their query begins after all of them have asked.
    """

    def __init__(self, subscribed: Subscribed) -> None:
        self._subscribed = subscribed
        self._questions = Batcher(self._answer)

    async def pages(
        self, routing_keys: Collection[str]
    ) -> AsyncGenerator[Sequence[Subscription], None]:
        """Give what `SubscriptionStore.subscribed` does, and raise what it does."""
        question = _Question(routing_keys)
        await self._questions.submit(question)
        if question.found is not None:
            yield question.found
            return
        async with aclosing(self._subscribed(routing_keys)) as pages:
            async for page in pages:
                yield page

    async def _answer(self, questions: Sequence[_Question]) -> BatchResult:
        """Answer all questions, or none if there are too many subscriptions to hold at once."""
        all_keys = {key for question in questions for key in question.routing_keys}
        found: list[Subscription] = []
        async with aclosing(self._subscribed(all_keys)) as pages:
            async for page in pages:
                found += page
                if len(found) > _MOST_SHARED:
                    break
            else:
                for question in questions:
                    question.found = _selected(found, question.routing_keys)
        return [None] * len(questions)


def _selected(
    found: Sequence[Subscription], routing_keys: Collection[str]
) -> Sequence[Subscription]:
    return [one for one in found if not set(routing_keys).isdisjoint(one.routing_keys)]
