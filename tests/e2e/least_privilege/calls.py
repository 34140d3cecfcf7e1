"""Reads from a request to AWS which rights it needs.

The source is AWS's Service Authorization Reference, which names the action and the resource of
each operation: batches need the right to their single form, and a transaction that of each item.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

REGION = "us-east-1"
ACCOUNT = "000000000000"
"""The only one of the emulator."""

_SINGLE = {
    "SendMessageBatch": "SendMessage",
    "DeleteMessageBatch": "DeleteMessage",
    "ChangeMessageVisibilityBatch": "ChangeMessageVisibility",
    "PublishBatch": "Publish",
}
_ITEMS = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem"}
_ACCESS_KEY = re.compile(r"Credential=([A-Z0-9]+)/")
_FORM_ACCESS_KEY = re.compile(rb'name="x-amz-credential"\r\n\r\n([A-Z0-9]+)/')
_FORM_KEY = re.compile(rb'name="key"\r\n\r\n([^\r]+)\r\n')
_DELETED = re.compile(r"<Key>([^<]+)</Key>(<VersionId>)?")


@dataclass(frozen=True)
class Right:
    """An action on a resource, by its ARN."""

    action: str
    resource: str


@dataclass(frozen=True)
class Sent:
    """A request as it was sent."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def access_key(self) -> str:
        """Who has signed it; nobody when it is not signed."""
        found = _ACCESS_KEY.search(self.headers.get("Authorization", ""))
        if found:
            return found[1]
        form = _FORM_ACCESS_KEY.search(self.body)
        return form[1].decode() if form else ""


def rights_of(sent: Sent, status: int = 200) -> frozenset[Right]:
    """Name the rights that a request needs to be answered with a status.

    Raises ValueError for one of another service.
    """
    service, _, operation = sent.headers.get("X-Amz-Target", "").partition(".")
    if service == "AmazonSQS":
        return frozenset(_of_sqs(operation, json.loads(sent.body)))
    if service.startswith("DynamoDB"):
        return frozenset(_of_dynamodb(operation, json.loads(sent.body)))
    if sent.headers.get("Content-Type", "").startswith("application/x-www-form-urlencoded"):
        return frozenset(_of_sns(parse_qs(sent.body.decode())))
    return frozenset(_of_s3(sent, status))


def _of_sqs(operation: str, body: Mapping[str, Any]) -> Iterable[Right]:
    name = body.get("QueueName") or body.get("QueueUrl", "").rpartition("/")[2]
    queue = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"
    yield Right(f"sqs:{_SINGLE.get(operation, operation)}", "*" if not name else queue)
    if operation == "CreateQueue" and body.get("tags"):
        yield Right("sqs:TagQueue", queue)


def _of_sns(fields: Mapping[str, list[str]]) -> Iterable[Right]:
    (operation,) = fields["Action"]
    if operation == "GetCallerIdentity":
        return  # nobody needs a right to ask who they are
    (resource,) = fields.get("TopicArn") or fields.get("SubscriptionArn") or ["*"]
    yield Right(f"sns:{_SINGLE.get(operation, operation)}", resource)


def _of_dynamodb(operation: str, body: Mapping[str, Any]) -> Iterable[Right]:
    if operation.startswith("Transact"):
        for item in body["TransactItems"]:
            ((kind, detail),) = item.items()
            yield Right(f"dynamodb:{_ITEMS[kind]}", _table(detail["TableName"]))
        return
    for table in body.get("RequestItems") or [body["TableName"]]:
        index = f"/index/{body['IndexName']}" if "IndexName" in body else ""
        yield Right(f"dynamodb:{operation}", _table(table) + index)


def _table(name: str) -> str:
    return f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{name}"


def _of_s3(sent: Sent, status: int) -> Iterable[Right]:
    url = urlsplit(sent.path)
    bucket, _, key = unquote(url.path).lstrip("/").partition("/")
    asked = parse_qs(url.query, keep_blank_values=True)
    arn = f"arn:aws:s3:::{bucket}"
    version = "Version" if "versionId" in asked else ""
    match sent.method, bool(key):
        case ("GET" | "HEAD" | "PUT" | "DELETE") as method, True:
            verb = {"PUT": "Put", "DELETE": "Delete"}.get(method, "Get")
            yield Right(f"s3:{verb}Object{version}", f"{arn}/{key}")
            if status == 404:
                yield Right("s3:ListBucket", arn)  # without it, the answer is 403
        case (("GET" | "HEAD"), False):
            yield Right("s3:ListBucketVersions" if "versions" in asked else "s3:ListBucket", arn)
        case "POST", False if "delete" in asked:
            for name, versioned in _DELETED.findall(sent.body.decode()):
                yield Right("s3:DeleteObject", f"{arn}/{name}")  # "always", says its reference
                if versioned:
                    yield Right("s3:DeleteObjectVersion", f"{arn}/{name}")
        case "POST", False if found := _FORM_KEY.search(sent.body):
            yield Right("s3:PutObject", f"{arn}/{found[1].decode()}")
        case _:
            raise ValueError(f"{sent.method} {sent.path} is of no known service")
