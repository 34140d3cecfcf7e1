"""Delivers every message several times, in another order, as SQS says that it may."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import replace
from typing import Any

from tests.support.faults.aws_wire import Answer, Call
from tests.support.faults.rules import Faults

COPIES = "copies"
"""Under which name the faults count what was delivered beyond the first time."""


class Redelivery:
    """Keeps copies of what was received, for this receive and for later ones."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._copies: defaultdict[str, list[Any]] = defaultdict(list)

    def kept(self, call: Call) -> Answer | None:
        """Answer a receive with copies, if there are any; one message may be twice among them."""
        document = call.document
        copies = self._copies[document["QueueUrl"]]
        if not copies:
            return None
        taken = [copies.pop() for _ in range(min(len(copies), document["MaxNumberOfMessages"]))]
        headers = {"Content-Type": "application/x-amz-json-1.0"}
        return Answer(200, json.dumps({"Messages": taken}).encode(), headers)

    def multiply(self, call: Call, answer: Answer, times: int) -> Answer:
        """Keep `times` copies of what was received, and answer with some of them."""
        copies = self._copies[call.document["QueueUrl"]]
        messages = answer.document.get("Messages", [])
        self._faults.met["ReceiveMessage", COPIES] += len(messages) * (times - 1)
        copies += messages * times
        self._faults.draw("redelivery").shuffle(copies)
        kept = self.kept(call)
        return answer if kept is None else replace(answer, body=kept.body)
