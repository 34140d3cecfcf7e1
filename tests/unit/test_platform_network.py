"""Who reaches whom in `deploy/platform.yaml`."""

from __future__ import annotations

import importlib.util
from typing import Any

import pytest

from shared.runtime.settings import WebSettings
from tests.support.platform_template import RESOURCES, of_type

SERVICES = ("Producer", "Worker", "PhotoWorker", "Notifier")
PORT = WebSettings.model_fields["port"].default


def properties(name: str) -> Any:
    return RESOURCES[name]["Properties"]


@pytest.mark.parametrize("service", ["Producer", "Notifier"])
def test_the_load_balancer_alone_reaches_a_web_service_on_its_port(service: str) -> None:
    (container,) = properties(f"{service}Task")["ContainerDefinitions"]
    assert container["PortMappings"] == [{"ContainerPort": PORT}]
    assert properties(f"{service}Service")["LoadBalancers"] == [
        {
            "ContainerName": container["Name"],
            "ContainerPort": PORT,
            "TargetGroupArn": f"{service}Targets",
        }
    ]
    network = properties(f"{service}Service")["NetworkConfiguration"]["AwsvpcConfiguration"]
    (group,) = network["SecurityGroups"]
    (way,) = properties(group)["SecurityGroupIngress"]
    assert (way["FromPort"], way["ToPort"]) == (PORT, PORT)
    assert way["SourceSecurityGroupId"] == "BalancerGroup"


@pytest.mark.parametrize("service", ["Worker", "PhotoWorker"])
def test_nobody_reaches_a_worker(service: str) -> None:
    network = properties(f"{service}Service")["NetworkConfiguration"]["AwsvpcConfiguration"]
    (group,) = network["SecurityGroups"]
    assert "SecurityGroupIngress" not in properties(group)
    assert "LoadBalancers" not in properties(f"{service}Service")


def test_customers_are_led_to_https_and_pass_the_firewall() -> None:
    assert (properties("Listener")["Protocol"], properties("Listener")["Port"]) == ("HTTPS", 443)
    (action,) = properties("PlainListener")["DefaultActions"]
    assert action["RedirectConfig"] == {
        "Protocol": "HTTPS",
        "Port": "443",
        "StatusCode": "HTTP_301",
    }
    (firewall,) = of_type("AWS::WAFv2::WebACLAssociation").values()
    assert firewall == {"WebACLArn": "Firewall.Arn", "ResourceArn": "Balancer"}


def test_requests_to_aws_stay_inside() -> None:
    for endpoint in of_type("AWS::EC2::VPCEndpoint").values():
        if endpoint["VpcEndpointType"] == "Gateway":
            assert endpoint["RouteTableIds"] == ["PrivateRoutes", "EgressRoutes"]
        else:
            assert endpoint["PrivateDnsEnabled"] is True
            assert endpoint["SecurityGroupIds"] == ["EndpointsGroup"]
    (way,) = properties("EndpointsGroup")["SecurityGroupIngress"]
    assert (way["FromPort"], way["ToPort"], way["CidrIp"]) == (443, 443, "Vpc.CidrBlock")


@pytest.mark.parametrize("service", SERVICES)
def test_a_deployment_replaces_tasks_only_by_healthy_ones(service: str) -> None:
    (container,) = properties(f"{service}Task")["ContainerDefinitions"]
    *_, module = container["HealthCheck"]["Command"]
    assert importlib.util.find_spec(module) is not None
    assert container["LinuxParameters"] == {"InitProcessEnabled": True}
    assert container["LogConfiguration"]["Options"]["mode"] == "non-blocking"
    assert properties(f"{service}Service")["DeploymentConfiguration"] == {
        "MinimumHealthyPercent": 100,
        "MaximumPercent": 200,
        "DeploymentCircuitBreaker": {"Enable": True, "Rollback": True},
    }


def test_parameters_reach_the_services_that_they_are_for() -> None:
    for service in SERVICES:
        (container,) = properties(f"{service}Task")["ContainerDefinitions"]
        given = {one["Name"]: one["Value"] for one in container["Environment"]}
        assert given["COFFEE_STORE_ID"] == "StoreId"
        assert container["Image"] == "Image"
        if service == "Worker":
            by_hand = ["ByPeople", "PeoplesOrders", "WorkerConcurrency"]
            assert given["COFFEE_WORKER_CONCURRENCY"] == by_hand
