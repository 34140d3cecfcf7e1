"""The notifier's records in the DynamoDB table."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from notifier.store.dynamodb.deliveries import DynamoDBDeliveries
from notifier.store.dynamodb.pending_confirmations import DynamoDBPendingConfirmations
from notifier.store.dynamodb.postponed_jobs import DynamoDBPostponedJobs
from notifier.store.dynamodb.topics import DynamoDBTopics
from shared.store.dynamodb.documents import DynamoDBDocuments
from shared.store.dynamodb.heartbeats import DynamoDBHeartbeats
from shared.store.dynamodb.key_values import DynamoDBKeyValues
from shared.store.dynamodb.staff_keys import DynamoDBStaffKeys
from shared.store.dynamodb.subscriptions import DynamoDBSubscriptions


@dataclass(frozen=True)
class DynamoDBNotifierStore(
    DynamoDBSubscriptions,
    DynamoDBDeliveries,
    DynamoDBPostponedJobs,
    DynamoDBTopics,
    DynamoDBPendingConfirmations,
    DynamoDBHeartbeats,
    DynamoDBKeyValues,
    DynamoDBStaffKeys,
    DynamoDBDocuments,
):
    """The `NotifierStore` of one shop; it neither creates the table nor closes the client."""

    async def delete_finished(self, before: dt.datetime, issues_before: dt.datetime) -> None:
        """Do nothing: items expire by themselves."""
