"""The same calls at the embedded emulator and at a plain ministack, and their answers compared."""

from __future__ import annotations

import contextlib
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from shared.aws.clients import AwsClients, aws_clients
from shared.runtime.settings import ServiceSettings, StoreKind
from tests.support.emulator import CREDENTIALS
from tests.support.s3 import KEYS

OUR_KEYS = {
    "aws_access_key_id": CREDENTIALS.access_key_id,
    "aws_secret_access_key": CREDENTIALS.secret_access_key,
}

_BY_CHANCE = {"HTTPHeaders", "RequestId", "HostId"}
_IDS = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TIMES = re.compile(r"^\d{10,13}$")
_ADDRESSES = re.compile(r"http://(localhost|127\.0\.0\.1):\d+/")
_RECEIPT = "receipt of "


@contextlib.asynccontextmanager
async def clients_of(
    endpoint: str, keys: Mapping[str, str] = OUR_KEYS
) -> AsyncIterator[AwsClients]:
    """Clients of SQS, SNS and DynamoDB, as the services make them."""
    given: dict[str, Any] = {"aws_endpoint_url": endpoint, "store": StoreKind.DYNAMODB, **keys}
    async with aws_clients(ServiceSettings(**given)) as clients:
        yield clients


def receipt_of(body: str) -> str:
    """Stands for the latest receipt of the message with that body; each side has its own."""
    return _RECEIPT + body


@dataclass(frozen=True)
class Side:
    clients: AwsClients
    receipts: dict[str, str] = field(default_factory=dict)

    async def call(self, service: str, action: str, arguments: Mapping[str, Any]) -> Any:
        method = getattr(getattr(self.clients, service), action)
        try:
            answer = await method(**self._with_receipts(arguments))
        except ClientError as error:
            return _without_chance(error.response)
        for message in answer.get("Messages", []):
            self.receipts[message["Body"]] = message["ReceiptHandle"]
        return _without_chance(answer)

    def _with_receipts(self, argument: Any) -> Any:
        match argument:
            case dict():
                return {name: self._with_receipts(value) for name, value in argument.items()}
            case list():
                return [self._with_receipts(each) for each in argument]
            case str() if argument.startswith(_RECEIPT):
                return self.receipts.get(argument.removeprefix(_RECEIPT), "unknown")
            case _:
                return argument


@dataclass(frozen=True)
class Pair:
    embedded: Side
    plain: Side

    async def call(self, service: str, action: str, **arguments: Any) -> Any:
        """Make a call at both; fail unless they answer alike. Gives the answer, or the error."""
        answer = await self.embedded.call(service, action, arguments)
        assert answer == await self.plain.call(service, action, arguments), (action, arguments)
        return answer


@contextlib.asynccontextmanager
async def opened_pair(embedded: str, plain: str) -> AsyncIterator[Pair]:
    """Give both emulators, by their endpoints."""
    async with clients_of(embedded) as ours, clients_of(plain, KEYS) as theirs:
        yield Pair(Side(ours), Side(theirs))


def _without_chance(answer: Any) -> Any:
    match answer:
        case dict():
            kept = {name: value for name, value in answer.items() if name not in _BY_CHANCE}
            return {name: _without_chance(value) for name, value in kept.items()}
        case list():
            return [_without_chance(each) for each in answer]
        case str():
            return _TIMES.sub("<time>", _ADDRESSES.sub("<address>/", _IDS.sub("<id>", answer)))
        case _:
            return answer
