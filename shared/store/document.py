"""The JSON documents in which both stores keep orders, subscriptions and so on."""

from __future__ import annotations

from pydantic import TypeAdapter

from shared.domain.delivery import Delivery
from shared.domain.issue import Issue
from shared.domain.order import Order
from shared.domain.photo import PhotoRecord
from shared.domain.staff import StaffKeyRecord
from shared.domain.subscription import Subscription

ORDER = TypeAdapter(Order)
SUBSCRIPTION = TypeAdapter(Subscription)
DELIVERY = TypeAdapter(Delivery)
ISSUE = TypeAdapter(Issue)
PHOTO_RECORD = TypeAdapter(PhotoRecord)
STAFF_KEYS = TypeAdapter(tuple[StaffKeyRecord, ...])
