"""Scaling, alarms and dashboard of `deploy/platform.yaml` are of what the code has and does."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from shared.aws.names import Names
from shared.store.dynamodb.table import DAY_INDEX, OPEN_INDEX
from shop.scaling.target import Throughput
from shop.settings import ShopSettings
from tests.support.platform_template import PARAMETERS, RESOURCES, filled, of_type
from tests.support.templates import DEPLOY

NAMES = Names("cafe-")


def test_a_deployment_leaves_the_number_of_workers_to_scaling() -> None:
    assert "DesiredCount" not in RESOURCES["WorkerService"]["Properties"]


def test_workers_scale_by_the_formula_of_the_autoscaler() -> None:
    default = {name: found.get("Default") for name, found in PARAMETERS.items()}
    wait = ShopSettings.model_fields["acceptable_wait"].default
    one = Throughput(prep_seconds=30, concurrency=default["WorkerConcurrency"])
    assert default["BacklogPerWorker"] == one.backlog_within(wait)
    assert default["LongestWait"] == 2 * wait
    tracking = RESOURCES["WorkersByBacklog"]["Properties"][
        "TargetTrackingScalingPolicyConfiguration"
    ]
    assert tracking["TargetValue"] == ["ByPeople", 8, "BacklogPerWorker"]
    metrics = {one["Id"]: one for one in tracking["CustomizedMetricSpecification"]["Metrics"]}
    assert metrics["backlog"]["Expression"] == "(waiting + inflight) / workers"
    for found in ("waiting", "inflight"):
        (queue,) = metrics[found]["MetricStat"]["Metric"]["Dimensions"]
        assert filled(queue["Value"]) == NAMES.orders


def dimensions(found: Any) -> Iterator[tuple[str, str]]:
    """List the names and values of all dimensions below an alarm."""
    if isinstance(found, list):
        for one in found:
            yield from dimensions(one)
    elif isinstance(found, dict):
        if found.keys() == {"Name", "Value"}:
            yield found["Name"], filled(found["Value"])
        for one in found.values():
            yield from dimensions(one)


def test_alarms_watch_what_there_is() -> None:
    known = {
        "QueueName": {NAMES.orders, NAMES.dead_letters, *NAMES.notifier_queues, NAMES.undelivered},
        "TopicName": {NAMES.topic("order-events")},
        "TableName": {"cafe-coffee-shop"},
        "GlobalSecondaryIndexName": {OPEN_INDEX, DAY_INDEX},
        "LoadBalancer": {"Balancer.LoadBalancerFullName"},
        "ClusterName": {"EcsCluster"},
        "ServiceName": {"WorkerService.Name"},
    }
    alarms = of_type("AWS::CloudWatch::Alarm")
    for name, value in dimensions(list(alarms.values())):
        assert value in known[name]
    assert len(alarms) == 13


def test_throttles_of_the_table_and_of_each_index_raise_an_alarm() -> None:
    metrics = RESOURCES["ThrottlesAlarm"]["Properties"]["Metrics"]
    expression = next(one["Expression"] for one in metrics if "Expression" in one)
    watched = set()
    for one in metrics:
        if "MetricStat" in one:
            assert f"FILL({one['Id']},0)" in expression
            metric = one["MetricStat"]["Metric"]
            where = dict(dimensions(metric["Dimensions"]))
            watched.add((metric["MetricName"], where.get("GlobalSecondaryIndexName")))
    events = ("ReadThrottleEvents", "WriteThrottleEvents")
    assert watched == {(event, of) for event in events for of in (None, OPEN_INDEX, DAY_INDEX)}


def test_old_tickets_add_a_worker_and_dead_letters_have_stayed() -> None:
    alarms = of_type("AWS::CloudWatch::Alarm")
    assert "WorkersByAge" in alarms["OldestTicketAlarm"]["AlarmActions"]
    for name in ("OrderDeadLettersAlarm", "DeliveryDeadLettersAlarm"):
        assert alarms[name]["Statistic"] == "Minimum"
        assert alarms[name]["Period"] * alarms[name]["EvaluationPeriods"] == 15 * 60


def test_every_alarm_tells_somebody_and_is_explained() -> None:
    explained = (DEPLOY.parent / "docs/operations.md").read_text()
    section = explained.partition("## CloudWatch alarms\n")[2].partition("\n## ")[0]
    for alarm in of_type("AWS::CloudWatch::Alarm").values():
        tells = "page" if "Page" in alarm["AlarmActions"] else "ticket"
        name = alarm["AlarmName"].removeprefix("${NamePrefix}")
        assert f"| `{name}` ({tells}) |" in section
        assert alarm["AlarmDescription"].endswith('docs/operations.md, "CloudWatch alarms".')


def test_log_filters_wait_for_events_that_the_service_logs() -> None:
    for found in of_type("AWS::Logs::MetricFilter").values():
        folder = {"ProducerLogs": "producer", "WorkerLogs": "worker"}[found["LogGroupName"]]
        code = "".join(path.read_text() for path in (DEPLOY.parent / folder).rglob("*.py"))
        (event,) = re.findall(r'\$\.event = "([a-z_.]+)"', found["FilterPattern"])
        assert f'"{event}"' in code


def test_the_dashboard_can_be_read() -> None:
    body = RESOURCES["Dashboard"]["Properties"]["DashboardBody"]
    assert len(json.loads(body)["widgets"]) == 6


def test_an_alarm_is_raised_also_when_no_target_is_there_to_take_a_request() -> None:
    """Requests that the load balancer itself refuses are not among `RequestCount`."""
    metrics = {one["Id"]: one for one in RESOURCES["ErrorsAlarm"]["Properties"]["Metrics"]}
    of_all = metrics["failed"]["Expression"].rpartition("/ ")[2]
    assert of_all == "(FILL(requests,0) + FILL(balancers,0))"
