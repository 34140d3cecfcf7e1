"""ministack's SQS, SNS and DynamoDB, called without the gateway that it puts in front of them.

The gateway serves sixty services and their administration, and takes five times as long for a
request as the service itself. Each service is a module with one contract: `handle_request`,
`get_state` and `load_persisted_state`.
"""

from __future__ import annotations

import importlib
import json
import math
import secrets
import sys
from collections.abc import Mapping
from http import HTTPStatus
from types import ModuleType
from typing import Any

import structlog

from shop.emulator.guard import Scope
from shop.emulator.messages import Head, Response
from shop.emulator.queues import adapt

SERVICES = ("sqs", "sns", "dynamodb")

log = structlog.stdlib.get_logger(__name__)


class Services:
    """SQS and SNS; DynamoDB from its first call on, or when it has saved anything."""

    def __init__(self) -> None:
        sys.modules.setdefault("docker", None)  # type: ignore[arg-type]  # 9 MB, for containers of Lambda
        # Only now: ministack reads its settings from the environment when it is imported.
        self._requests = importlib.import_module("ministack.core.responses")
        self._persistence = importlib.import_module("ministack.core.persistence")
        importlib.import_module("ministack.app")  # all services look up a switch there
        self._modules: dict[str, ModuleType] = {}
        self._polls = adapt(self._module("sqs"), self._module("sns"))

    def end_polls(self) -> None:
        """End all long polls soon; each is answered as if its time were over."""
        if self._polls is not None:
            self._polls.end_soon()

    def end_polls_for_good(self) -> None:
        """End all long polls soon, and those that begin later: all their clients are to stop."""
        if self._polls is not None:
            self._polls.end_soon(math.inf)

    def load(self) -> None:
        """Read the state of the last clean stop; a service whose state is damaged begins anew."""
        for name in SERVICES:
            if state := self._persistence.load_state(name):
                try:
                    self._module(name).load_persisted_state(state)
                except Exception:  # whatever is wrong in the file
                    log.exception("emulator.state_lost", file=f"{name}.json")

    def save(self) -> None:
        """Write the state of the services in use to their files."""
        self._persistence.save_all({name: self._modules[name].get_state for name in self._modules})

    async def serve(self, scope: Scope, head: Head, body: bytes) -> Response:
        """Answer a call as the service does that it was signed for."""
        if scope.service not in SERVICES:
            return _unknown(scope.service)
        self._requests.set_request_account_id("")  # the one account that there is
        self._requests.set_request_region(scope.region)
        status, headers, answer = await self._module(scope.service).handle_request(
            head.method, head.target, dict(head.headers), body, {}
        )
        return Response(status, _as_aws_sends(headers), answer)

    def _module(self, name: str) -> ModuleType:
        if name not in self._modules:
            self._modules[name] = importlib.import_module(f"ministack.services.{name}")
        return self._modules[name]


def _as_aws_sends(headers: Mapping[str, Any]) -> dict[str, str]:
    """Name the type of XML as AWS does, and give the answer an id."""
    sent = {**headers, "x-amzn-RequestId": secrets.token_hex(16)}
    if sent.get("Content-Type") == "application/xml":
        sent["Content-Type"] = "text/xml"
    return sent


def _unknown(service: str) -> Response:
    message = f"The emulator has no service {service}."
    body = json.dumps({"__type": "UnknownOperationException", "message": message}).encode()
    return Response(HTTPStatus.BAD_REQUEST, {"Content-Type": "application/x-amz-json-1.0"}, body)
