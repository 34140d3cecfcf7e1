"""The notifier's table of operations."""

from __future__ import annotations

from collections.abc import Sequence

from notifier.asyncapi.operations import ASYNCAPI_OPERATIONS
from notifier.pages.operations import PAGE_OPERATIONS
from notifier.stream.operations import LIVE_OPERATIONS
from notifier.subscriptions.operations import SUBSCRIPTION_OPERATIONS
from notifier.topics.operations import TOPIC_OPERATIONS
from shared.web.operation import Operation

NOTIFIER_OPERATIONS: Sequence[Operation] = (
    *TOPIC_OPERATIONS,
    *SUBSCRIPTION_OPERATIONS,
    *PAGE_OPERATIONS,
    *LIVE_OPERATIONS,
    *ASYNCAPI_OPERATIONS,
)
