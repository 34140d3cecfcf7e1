"""All subscriptions in a state, however many there are."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from shared.domain.subscription import Subscription, SubscriptionState
from shared.store.subscription_contract import SubscriptionStore

_PAGE = 500


async def pages_in_state(
    store: SubscriptionStore, state: SubscriptionState
) -> AsyncIterator[Sequence[Subscription]]:
    """List them page by page, the oldest first; raises StoreUnavailableError."""
    page = await store.in_state(state, _PAGE)
    while page:
        yield page
        page = await store.in_state(state, _PAGE, page[-1])
