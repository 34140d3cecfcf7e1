"""The values of `deploy/platform.yaml` are the code's; nobody has an account to deploy it here."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import pytest

from notifier.settings import NotifierSettings
from producer.settings import CashierSettings
from shared.runtime.setting_names import SETTING_NAMES
from shared.runtime.settings import ServiceSettings, WebSettings
from tests.support.platform_template import PARAMETERS, RESOURCES, VALUES, filled, of_type
from tests.support.templates import DEPLOY, parameters, resources
from worker.photos.settings import AnalysisKind, PhotoWorkerSettings
from worker.settings import WorkerSettings

SETTINGS: Mapping[str, type[ServiceSettings]] = {
    "Producer": CashierSettings,
    "Worker": WorkerSettings,
    "PhotoWorker": PhotoWorkerSettings,
    "Notifier": NotifierSettings,
}
MOST_BYTES = 51_200
"""CloudFormation takes no longer template without a bucket ("AWS CloudFormation quotas")."""

FIREWALL_SECONDS = 300
"""The time in which AWS WAF counts, if a rule names no other ("Rate-based rule")."""

LONGEST_STOP = 120
"""Fargate allows no more (Amazon ECS Developer Guide, "Container timeouts")."""


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


def test_photos_are_analyzed_by_whom_the_role_may_ask_and_the_network_reaches() -> None:
    roles = parameters("roles.yaml")["PhotoAnalysis"]
    mine = PARAMETERS["PhotoAnalysis"]
    assert mine["AllowedValues"] == roles["AllowedValues"] == list(AnalysisKind)
    assert mine["Default"] == roles["Default"]
    assert environment("PhotoWorker")["COFFEE_PHOTO_ANALYSIS"] == mine["Default"]
    assert RESOURCES["RekognitionEndpoint"]["Condition"] == "ByRekognition"
    assert resources("roles.yaml")["PhotoAnalysisPolicy"]["Condition"] == "ByRekognition"


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


def test_the_firewall_closes_the_same_paths_as_nginx_however_they_are_encoded() -> None:
    """The load balancer compares a path as it was sent, and a service decodes it."""
    nginx = (DEPLOY / "nginx/nginx.conf").read_text()
    (closed,) = re.findall(r"location ~ (\S+) {\n +return 404;", nginx)
    rules = {one["Name"]: one for one in RESOURCES["Firewall"]["Properties"]["Rules"]}
    found = rules["closed-paths"]["Statement"]["RegexMatchStatement"]
    assert found["RegexString"] == closed
    assert [one["Type"] for one in found["TextTransformations"]] == ["URL_DECODE"]
    assert {path for path in patterns("none") if re.search(closed, path)} == patterns("none")


def test_the_firewall_blocks_nobody_whom_the_services_would_serve() -> None:
    rules = {one["Name"]: one for one in RESOURCES["Firewall"]["Properties"]["Rules"]}
    found = rules["requests-of-one-address"]["Statement"]["RateBasedStatement"]
    allowed = WebSettings().requests_per_second * FIREWALL_SECONDS
    assert found["Limit"] >= allowed


def test_a_creation_that_fails_can_be_taken_back_and_repeated() -> None:
    """What is kept then has a name that the next creation finds taken."""
    for template in ("data.yaml", "platform.yaml", "backup.yaml"):
        for found in resources(template).values():
            assert found.get("DeletionPolicy", "none") in {"none", "RetainExceptOnCreate"}
    attributes = RESOURCES["Balancer"]["Properties"]["LoadBalancerAttributes"]
    assert "deletion_protection.enabled" not in {one["Key"] for one in attributes}
    assert resources("data.yaml")["Table"]["DependsOn"] == "BucketOverTls"


@pytest.mark.parametrize("template", ["data", "roles", "platform", "backup"])
def test_a_template_is_short_enough_to_be_sent_by_itself(template: str) -> None:
    assert len((DEPLOY / f"{template}.yaml").read_bytes()) <= MOST_BYTES


def test_no_task_starts_before_it_can_fetch_its_image_and_secrets() -> None:
    """The circuit breaker would end a first creation whose tasks fail meanwhile."""
    routes = of_type("AWS::EC2::SubnetRouteTableAssociation")
    inside = {name for name, found in routes.items() if found["RouteTableId"] != "PublicRoutes"}
    assert set(RESOURCES["EcsCluster"]["DependsOn"]) == {
        *of_type("AWS::EC2::VPCEndpoint").keys() - {"RekognitionEndpoint"},  # conditional
        *inside,
        "EgressDefaultRoute",
    }
    assert {one["Cluster"] for one in of_type("AWS::ECS::Service").values()} == {"EcsCluster"}


def test_what_needs_no_internet_has_no_way_to_it() -> None:
    for name, service in of_type("AWS::ECS::Service").items():
        network = service["NetworkConfiguration"]["AwsvpcConfiguration"]
        kind = "Egress" if name == "NotifierService" else "Private"
        assert network["Subnets"] == [f"{kind}SubnetA", f"{kind}SubnetB"]
        assert network["AssignPublicIp"] == "DISABLED"
        assert service["EnableExecuteCommand"] is False
    routes = of_type("AWS::EC2::Route").values()
    assert {one["RouteTableId"] for one in routes} == {"PublicRoutes", "EgressRoutes"}


def test_what_is_copied_daily_is_the_table_and_the_bucket() -> None:
    backup = resources("backup.yaml")
    copied = backup["Selection"]["Properties"]["BackupSelection"]["Resources"]
    assert [arn.rpartition(":")[2] for arn in copied] == ["table/${TableName}", "${PhotosBucket}"]
    (rule,) = backup["Plan"]["Properties"]["BackupPlan"]["BackupPlanRule"]
    recovery = resources("data.yaml")["Table"]["Properties"]["PointInTimeRecoverySpecification"]
    assert rule["Lifecycle"]["DeleteAfterDays"] == recovery["RecoveryPeriodInDays"]
