"""The values of `deploy/platform.yaml` are the code's; nobody has an account to deploy it here."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from notifier.settings import NotifierSettings
from producer.settings import CashierSettings
from shared.aws.names import Names
from shared.runtime.setting_names import SETTING_NAMES
from shared.runtime.settings import ServiceSettings, WebSettings
from shared.store.dynamodb.table import DAY_INDEX, OPEN_INDEX
from shop.scaling.target import Throughput
from shop.settings import ShopSettings
from tests.support.templates import DEPLOY, parameters, resources
from worker.photos.settings import PhotoWorkerSettings
from worker.settings import WorkerSettings

RESOURCES = resources("platform.yaml")
PARAMETERS = parameters("platform.yaml")
SETTINGS: Mapping[str, type[ServiceSettings]] = {
    "Producer": CashierSettings,
    "Worker": WorkerSettings,
    "PhotoWorker": PhotoWorkerSettings,
    "Notifier": NotifierSettings,
}
VALUES = {
    "NamePrefix": "cafe-",
    "TableName": "cafe-coffee-shop",
    "PhotosBucket": "cafe-photos",
    "PublicUrl": "https://coffee.example",
    "MailFrom": "shop@coffee.example",
    "Vpc.CidrBlock": RESOURCES["Vpc"]["Properties"]["CidrBlock"],
    "StaffKey": "a-secret",
    "SmtpSecretArn": "smtps://user:password@smtp.coffee.example:465",
}
NAMES = Names("cafe-")
MOST_BYTES = 51_200
"""CloudFormation takes no longer template without a bucket ("AWS CloudFormation quotas")."""

LONGEST_STOP = 120
"""Fargate allows no more (Amazon ECS Developer Guide, "Container timeouts")."""


def filled(value: Any) -> str:
    """Fill in parameters, as a deployment does: whole references, and those within a text."""
    text = str(value)
    known = {
        name: str(found["Default"]) for name, found in PARAMETERS.items() if "Default" in found
    }
    known |= VALUES
    return known.get(text) or re.sub(r"\$\{(\w+)\}", lambda m: known.get(m[1], m[0]), text)


def of_type(kind: str) -> dict[str, Any]:
    return {name: found["Properties"] for name, found in RESOURCES.items() if found["Type"] == kind}


def container(service: str) -> dict[str, Any]:
    (found,) = RESOURCES[f"{service}Task"]["Properties"]["ContainerDefinitions"]
    return dict(found)


def environment(service: str) -> dict[str, str]:
    """The variables of a service's container, those of the image among them."""
    image = re.findall(r"(COFFEE_\w+)=(\S+)", (DEPLOY.parent / "Dockerfile").read_text())
    plain = {one["Name"]: filled(one["Value"]) for one in container(service)["Environment"]}
    secret = {
        one["Name"]: "" if ":old:" in one["ValueFrom"] else filled(one["ValueFrom"])
        for one in container(service).get("Secrets", ())
    }
    secret |= {name: "kP3vX9mZ2qL7wR5t" for name in secret if name == "COFFEE_STAFF_KEY"}
    return {**dict(image), **plain, **secret}


def settings_of(service: str, monkeypatch: pytest.MonkeyPatch) -> ServiceSettings:
    for name, value in environment(service).items():
        monkeypatch.setenv(name, value)
    return SETTINGS[service]()


@pytest.mark.parametrize("service", SETTINGS)
def test_a_service_starts_with_the_settings_of_its_container(
    service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    variables = {name for name in environment(service) if name.startswith("COFFEE_")}
    assert variables <= SETTING_NAMES
    settings = settings_of(service, monkeypatch)
    assert not settings.provision
    assert not settings.uses_emulator
    assert (settings.name_prefix, settings.table) == ("cafe-", "cafe-coffee-shop")


@pytest.mark.parametrize("service", SETTINGS)
def test_a_container_is_given_longer_to_stop_than_its_service_takes(
    service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = settings_of(service, monkeypatch)
    takes = settings.grace_seconds
    if isinstance(settings, WebSettings):
        takes += settings.deregistration_seconds
    assert takes + 10 <= container(service)["StopTimeout"] <= LONGEST_STOP


@pytest.mark.parametrize("service", SETTINGS)
def test_a_container_writes_only_where_the_image_lets_it(service: str) -> None:
    (mount,) = container(service)["MountPoints"]
    assert container(service)["ReadonlyRootFilesystem"] is True
    assert f"VOLUME {mount['ContainerPath']}\n" in (DEPLOY.parent / "Dockerfile").read_text()
    assert environment(service)["COFFEE_STATE_DIR"] == mount["ContainerPath"]


@pytest.mark.parametrize("service", SETTINGS)
def test_a_service_has_its_own_roles_log_group_and_command(service: str) -> None:
    task = RESOURCES[f"{service}Task"]["Properties"]
    assert task["TaskRoleArn"] == f"{service}RoleArn"
    assert task["ExecutionRoleArn"] == f"{service}ExecutionRoleArn"
    assert task["RuntimePlatform"]["CpuArchitecture"] == "ARM64"
    options = container(service)["LogConfiguration"]["Options"]
    group = RESOURCES[options["awslogs-group"]]["Properties"]
    assert group["RetentionInDays"] == 14
    rights = json.dumps(resources("roles.yaml")[f"{service}ExecutionRole"])
    assert f"log-group:{group['LogGroupName']}:*" in rights
    module = container(service)["Command"][2]
    assert (DEPLOY.parent / module.replace(".", "/") / "__main__.py").exists()


def test_secrets_have_the_names_that_the_execution_roles_may_read() -> None:
    name = RESOURCES["StaffKey"]["Properties"]["Name"]
    for service in ("Producer", "Notifier"):
        assert f"secret:{name}-??????" in json.dumps(
            resources("roles.yaml")[f"{service}ExecutionRole"]
        )
    generated = RESOURCES["StaffKey"]["Properties"]["GenerateSecretString"]
    assert json.loads(generated["SecretStringTemplate"]) == {"old": ""}
    assert generated["GenerateStringKey"] == "key"


def test_services_keep_connections_for_longer_than_the_load_balancer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    attributes = {
        one["Key"]: one["Value"]
        for one in RESOURCES["Balancer"]["Properties"]["LoadBalancerAttributes"]
    }
    for service in ("Producer", "Notifier"):
        settings = settings_of(service, monkeypatch)
        assert isinstance(settings, WebSettings)
        assert settings.keep_alive_seconds > int(attributes["idle_timeout.timeout_seconds"])
        (delay,) = RESOURCES[f"{service}Targets"]["Properties"]["TargetGroupAttributes"]
        assert int(delay["Value"]) == settings.deregistration_seconds
        assert RESOURCES[f"{service}Targets"]["Properties"]["HealthCheckPath"] == "/healthz"
        assert RESOURCES[f"{service}Targets"]["Properties"]["Port"] == settings.port
        assert [str(one) for one in settings.trusted_proxies] == [VALUES["Vpc.CidrBlock"]]


def patterns(target: str) -> set[str]:
    return {
        pattern
        for rule in of_type("AWS::ElasticLoadBalancingV2::ListenerRule").values()
        if rule["Actions"][0].get("TargetGroupArn", "none") == target
        for condition in rule["Conditions"]
        for pattern in condition["PathPatternConfig"]["Values"]
    }


def test_the_load_balancer_leads_the_same_paths_to_the_notifier_as_nginx() -> None:
    nginx = (DEPLOY / "nginx/nginx.conf").read_text()
    (named,) = re.findall(r"~\^/\((.+)\)\(/\|\$\) notifier;", nginx)
    paths = {f"/{path}".replace("\\", "") for path in named.split("|")}
    assert patterns("NotifierTargets") == paths | {f"{path}/*" for path in paths}
    assert patterns("none") == {"/metrics", "/readyz"}


def test_workers_scale_by_the_formula_of_the_autoscaler() -> None:
    default = {name: found.get("Default") for name, found in PARAMETERS.items()}
    wait = ShopSettings.model_fields["acceptable_wait"].default
    one = Throughput(prep_seconds=30, concurrency=default["WorkerConcurrency"])
    assert default["BacklogPerWorker"] == one.backlog_within(wait)
    assert default["LongestWait"] == 2 * wait
    tracking = RESOURCES["WorkersByBacklog"]["Properties"][
        "TargetTrackingScalingPolicyConfiguration"
    ]
    assert tracking["TargetValue"] == "BacklogPerWorker"
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


@pytest.mark.parametrize("template", ["data", "roles", "platform", "backup"])
def test_a_template_is_short_enough_to_be_sent_by_itself(template: str) -> None:
    assert len((DEPLOY / f"{template}.yaml").read_bytes()) <= MOST_BYTES


def test_what_needs_no_internet_has_no_way_to_it() -> None:
    for name, service in of_type("AWS::ECS::Service").items():
        network = service["NetworkConfiguration"]["AwsvpcConfiguration"]
        kind = "Egress" if name == "NotifierService" else "Private"
        assert network["Subnets"] == [f"{kind}SubnetA", f"{kind}SubnetB"]
        assert network["AssignPublicIp"] == "DISABLED"
        assert service["EnableExecuteCommand"] is False
        assert service["DeploymentConfiguration"]["DeploymentCircuitBreaker"]["Rollback"] is True
    routes = of_type("AWS::EC2::Route").values()
    assert {one["RouteTableId"] for one in routes} == {"PublicRoutes", "EgressRoutes"}


def test_what_is_copied_daily_is_the_table_and_the_bucket() -> None:
    backup = resources("backup.yaml")
    copied = backup["Selection"]["Properties"]["BackupSelection"]["Resources"]
    assert [arn.rpartition(":")[2] for arn in copied] == ["table/${TableName}", "${PhotosBucket}"]
    (rule,) = backup["Plan"]["Properties"]["BackupPlan"]["BackupPlanRule"]
    recovery = resources("data.yaml")["Table"]["Properties"]["PointInTimeRecoverySpecification"]
    assert rule["Lifecycle"]["DeleteAfterDays"] == recovery["RecoveryPeriodInDays"]
