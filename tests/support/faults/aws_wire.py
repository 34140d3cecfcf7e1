"""AWS's wire formats, JSON, query and S3's, as far as it takes to damage what goes over them."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

_MEMBER = re.compile(r"(?P<list>\w+RequestEntries)\.member\.(?P<position>\d+)\.(?P<field>.+)")

Headers = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Call:
    """A request to AWS: SQS and DynamoDB speak JSON, SNS the older query protocol, S3 neither."""

    action: str
    body: bytes
    is_json: bool

    @property
    def document(self) -> dict[str, Any]:
        """The parameters of a JSON call."""
        document: dict[str, Any] = json.loads(self.body)
        return document

    @property
    def entries(self) -> Sequence[Mapping[str, Any]]:
        """The entries of a batch call, in their order; none of any other call."""
        if self.is_json:
            entries: list[dict[str, Any]] = self.document.get("Entries", [])
            return entries
        return list(_members(self.body).values())

    def without(self, entry_ids: Collection[str]) -> Call:
        """The same batch call, without some of its entries."""
        kept = [entry for entry in self.entries if entry["Id"] not in entry_ids]
        if self.is_json:
            return replace(self, body=json.dumps(self.document | {"Entries": kept}).encode())
        others = [pair for pair in parse_qsl(self.body.decode()) if not _MEMBER.match(pair[0])]
        members = [
            (f"PublishBatchRequestEntries.member.{position}.{field}", value)
            for position, entry in enumerate(kept, 1)
            for field, value in entry.items()
        ]
        return replace(self, body=urlencode([*others, *members]).encode())


@dataclass(frozen=True, slots=True)
class Answer:
    """What comes back from AWS."""

    status: int
    body: bytes
    headers: Headers

    @property
    def document(self) -> dict[str, Any]:
        """The content of a JSON answer."""
        document: dict[str, Any] = json.loads(self.body or b"{}")
        return document

    @property
    def failed_ids(self) -> set[str]:
        """The ids of the entries that a batch call did not go well for."""
        if self.headers.get("Content-Type", "").startswith("application/x-amz-json"):
            return {entry["Id"] for entry in self.document.get("Failed", [])}
        failed = re.search(rb"<Failed>(.*?)</Failed>", self.body, re.DOTALL)
        if failed is None:
            return set()
        return {found.decode() for found in re.findall(rb"<Id>(.*?)</Id>", failed[1])}


def read_call(headers: Headers, body: bytes, method: str = "POST", path: str = "/") -> Call:
    """Tell the action: by a header in JSON, by a parameter in query, as `PUT shops` in S3.

    What S3 is asked for has a path, of bucket, folder and name.
    """
    if target := headers.get("X-Amz-Target"):
        return Call(target.rpartition(".")[2], body, is_json=True)
    if method != "POST":
        folder = path.split("/")[2:3]
        return Call(" ".join([method, *folder]), body, is_json=False)
    parameters = dict(parse_qsl(body.decode()))
    return Call(parameters.get("Action", ""), body, is_json=False)


def refusal(call: Call, status: int, code: str) -> Answer:
    """An error in the format of the call's protocol."""
    if call.is_json:
        fault = "Receiver" if status >= 500 else "Sender"
        document = {"__type": f"com.amazonaws.sqs#{code}", "message": "chaos"}
        headers = {
            "Content-Type": "application/x-amz-json-1.0",
            "x-amzn-query-error": f"{code};{fault}",
        }
        return Answer(status, json.dumps(document).encode(), headers)
    text = (
        f"<ErrorResponse><Error><Type>Receiver</Type><Code>{code}</Code>"
        "<Message>chaos</Message></Error><RequestId>chaos</RequestId></ErrorResponse>"
    )
    return Answer(status, text.encode(), {"Content-Type": "text/xml"})


def nothing_done(call: Call) -> Answer:
    """The answer to a batch call of which no entry got as far as the emulator."""
    if call.is_json:
        return Answer(200, b"{}", {"Content-Type": "application/x-amz-json-1.0"})
    text = (
        f"<{call.action}Response><{call.action}Result><Successful/></{call.action}Result>"
        f"<ResponseMetadata><RequestId>chaos</RequestId></ResponseMetadata></{call.action}Response>"
    )
    return Answer(200, text.encode(), {"Content-Type": "text/xml"})


def with_failures(call: Call, answer: Answer, entry_ids: Collection[str]) -> Answer:
    """The answer to a batch call, with some more entries that the other side did not manage."""
    if call.is_json:
        failures = [
            {"Id": entry_id, "Code": "InternalError", "Message": "chaos", "SenderFault": False}
            for entry_id in entry_ids
        ]
        document = answer.document
        document["Failed"] = [*document.get("Failed", []), *failures]
        return replace(answer, body=json.dumps(document).encode())
    members = "".join(
        f"<member><Id>{entry_id}</Id><Code>InternalError</Code><Message>chaos</Message>"
        "<SenderFault>false</SenderFault></member>"
        for entry_id in entry_ids
    )
    end = f"</{call.action}Result>".encode()
    without_failed = re.sub(rb"<Failed\s*/>|<Failed></Failed>", b"", answer.body)
    body = without_failed.replace(end, f"<Failed>{members}</Failed>".encode() + end)
    return replace(answer, body=body)


def _members(body: bytes) -> dict[int, dict[str, str]]:
    members: dict[int, dict[str, str]] = {}
    for name, value in parse_qsl(body.decode()):
        if match := _MEMBER.fullmatch(name):
            members.setdefault(int(match["position"]), {})[match["field"]] = value
    return members
