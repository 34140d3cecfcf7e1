"""The faults are drawn by their seed, as often as they should, and nothing else is."""

from __future__ import annotations

import json
import random
from urllib.parse import parse_qs, urlencode

import pytest

from tests.support.faults import aws_wire
from tests.support.faults.aws_wire import Answer, Call
from tests.support.faults.entries import Entries
from tests.support.faults.rules import Drop, FailEntries, Fault, Faults, LoseAnswer, Rule, Throttle

IDS = [str(position) for position in range(10)]


def drawn(faults: Faults, action: str, times: int) -> list[list[Fault]]:
    return [list(faults.of(action)) for _ in range(times)]


def test_the_same_seed_draws_the_same_faults_for_an_action_whatever_else_goes_on() -> None:
    rules = [Rule("*", LoseAnswer(), 0.3), Rule("Send*", Drop(), 0.3)]
    alone, busy = Faults(7, rules), Faults(7, rules)
    busy.of("ReceiveMessage")
    assert drawn(alone, "SendMessageBatch", 50) == drawn(busy, "SendMessageBatch", 50)
    assert drawn(Faults(8, rules), "SendMessageBatch", 50) != drawn(alone, "SendMessageBatch", 50)


def test_a_rule_is_for_its_actions_and_met_as_often_as_it_says() -> None:
    faults = Faults(1, [Rule("*MessageBatch", Throttle(), 0.2)])
    for action in ("SendMessageBatch", "ReceiveMessage"):
        drawn(faults, action, 1000)
    assert set(faults.met) == {("SendMessageBatch", "Throttle")}
    assert 150 < faults.met["SendMessageBatch", "Throttle"] < 250


def test_in_fair_weather_nothing_is_met() -> None:
    faults = Faults(1, [Rule("*", Drop())])
    faults.set()
    assert drawn(faults, "Publish", 3) == [[], [], []]


def test_one_to_nine_entries_of_ten_fail_and_never_all_of_fewer() -> None:
    draw = random.Random(1)
    counts = {len(FailEntries().choose(IDS, draw)) for _ in range(500)}
    assert counts == set(range(1, 10))
    assert FailEntries().choose(IDS[:1], draw) == []


def json_batch() -> Call:
    entries = [{"Id": entry_id, "MessageBody": f"body {entry_id}"} for entry_id in IDS]
    body = json.dumps({"QueueUrl": "http://queue", "Entries": entries})
    return Call("SendMessageBatch", body.encode(), is_json=True)


def query_batch() -> Call:
    pairs = [("Action", "PublishBatch"), ("TopicArn", "arn")]
    for position, entry_id in enumerate(IDS, 1):
        member = f"PublishBatchRequestEntries.member.{position}"
        pairs += [(f"{member}.Id", entry_id), (f"{member}.Message", f"body {entry_id}")]
    return Call("PublishBatch", urlencode(pairs).encode(), is_json=False)


@pytest.mark.parametrize("batch", [json_batch(), query_batch()], ids=["JSON", "query"])
def test_entries_can_be_taken_out_of_a_batch(batch: Call) -> None:
    rest = batch.without({"0", "3"})
    assert [entry["Id"] for entry in batch.entries] == IDS
    assert [entry["Id"] for entry in rest.entries] == [i for i in IDS if i not in {"0", "3"}]
    assert rest.entries[0] == batch.entries[1]


def test_the_other_parameters_of_a_query_stay() -> None:
    parameters = parse_qs(query_batch().without({"1"}).body.decode())
    assert parameters["Action"] == ["PublishBatch"]
    assert parameters["TopicArn"] == ["arn"]
    assert parameters["PublishBatchRequestEntries.member.2.Id"] == ["2"]


@pytest.mark.parametrize("batch", [json_batch(), query_batch()], ids=["JSON", "query"])
def test_entries_can_be_said_to_have_failed(batch: Call) -> None:
    answer = aws_wire.with_failures(batch, aws_wire.nothing_done(batch), ["2", "5"])
    assert answer.failed_ids == {"2", "5"}


def test_an_action_is_named_by_header_or_parameter_or_place() -> None:
    of_header = aws_wire.read_call({"X-Amz-Target": "AmazonSQS.SendMessage"}, b"{}")
    of_parameter = aws_wire.read_call({}, b"Action=Publish&TopicArn=arn")
    assert (of_header.action, of_header.is_json) == ("SendMessage", True)
    assert (of_parameter.action, of_parameter.is_json) == ("Publish", False)
    in_s3 = aws_wire.read_call({}, b"\xff\xd8", "PUT", "/bucket/shops/main/photos/ab/320.webp")
    assert (in_s3.action, in_s3.is_json) == ("PUT shops", False)


def test_a_good_answer_has_no_failed_entries() -> None:
    good = Answer(200, b'{"Successful": [{"Id": "0"}]}', {"Content-Type": "application/x-amz-json"})
    assert good.failed_ids == set()


def test_no_entry_fails_more_often_than_it_may() -> None:
    faults, fault = Faults(1), FailEntries(least=9, times=2)
    for _ in range(20):
        faults.failing(fault, json_batch())
    entries = json_batch().entries
    failures = [faults.entries.failures_of("SendMessageBatch", entry) for entry in entries]
    assert failures == [2] * len(IDS)
    assert faults.entries.failures("SendMessageBatch") == 2 * len(IDS)


def test_what_is_sent_again_without_need_is_known_by_what_it_says() -> None:
    entries, batch = Entries(), json_batch()
    entries.note(batch, {"2", "5"})
    only_the_failed = batch.without(set(IDS) - {"2", "5"})
    entries.note(only_the_failed, set())
    assert entries.sent_needlessly("SendMessageBatch") == []
    entries.note(only_the_failed, set())
    assert len(entries.sent_needlessly("SendMessageBatch")) == 2
    assert entries.sent_needlessly("SendMessageBatch", within=0) == []
    assert entries.sent_needlessly("PublishBatch") == []
