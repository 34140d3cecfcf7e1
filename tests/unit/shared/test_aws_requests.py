"""How requests to AWS are counted, by the events of botocore's clients."""

from __future__ import annotations

from urllib.parse import parse_qsl

import pytest
from botocore.hooks import HierarchicalEmitter
from hypothesis import given
from hypothesis import strategies as st

from shared.aws.clients import BILLED_BYTES, count_requests
from shared.aws.requests.form_body import encode_forms_once
from shared.runtime.aws_requests import AwsRequests, Billed

SEND, GET = "sqs.SendMessageBatch", "dynamodb.GetItem"


class Client:
    """The events of a client, and what was counted."""

    def __init__(self) -> None:
        self.events, self.counts = HierarchicalEmitter(), AwsRequests()
        count_requests(self.events, self.counts)

    def call(self, what: str, sent: object, *answers: tuple[int, bytes] | None) -> None:
        context: dict[str, object] = {}
        self.events.emit(f"before-call.{what}", params={"body": sent}, context=context)
        for answer in answers:
            received = answer and {"status_code": answer[0], "body": answer[1]}
            self.events.emit(
                f"response-received.{what}", context=context, response_dict=received, exception=None
            )


def test_every_attempt_counts_by_its_answer() -> None:
    client = Client()
    client.call(SEND, "{}", (503, b""), None, (200, b"{}"))
    client.call(GET, b"{}", (400, b"{}"))
    assert client.counts.answered == {
        ("sqs", "SendMessageBatch", "503"): 1,
        ("sqs", "SendMessageBatch", "none"): 1,
        ("sqs", "SendMessageBatch", "200"): 1,
        ("dynamodb", "GetItem", "400"): 1,
    }
    assert client.counts.billed == Billed(sqs=1), "neither AWS's failures, nor DynamoDB's requests"


@pytest.mark.parametrize(
    ("sent", "received", "units"),
    [(0, 0, 1), (BILLED_BYTES, 0, 1), (BILLED_BYTES + 1, 0, 2), (10, 4 * BILLED_BYTES, 4)],
)
def test_each_64_kb_that_is_sent_or_received_is_billed(
    sent: int, received: int, units: int
) -> None:
    client = Client()
    client.call(SEND, "x" * sent, (200, b"x" * received))
    assert client.counts.billed == Billed(sqs=units)


def test_a_form_counts_by_its_values() -> None:
    client = Client()
    client.call("sns.PublishBatch", {"Message": "x" * BILLED_BYTES}, (200, b""))
    assert client.counts.billed == Billed(sns=2)


@given(st.dictionaries(st.text(min_size=1), st.text()))
def test_a_form_is_encoded_once_and_says_the_same(form: dict[str, str]) -> None:
    events = HierarchicalEmitter()
    params: dict[str, object] = {"body": form}
    encode_forms_once(events)
    events.emit("before-call.sns.PublishBatch", params=params, context={})
    body = params["body"]
    assert isinstance(body, bytes)
    assert dict(parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=bool(form))) == form
