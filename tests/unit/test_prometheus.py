"""Prometheus' own tool accepts the configuration and the rules, and every alert is as it should."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.support.promql import ALERTS, dashboard_queries, rules, selectors

ROOT = Path(__file__).parents[2]
PROMTOOL = shutil.which("promtool")
needs_promtool = pytest.mark.skipif(
    PROMTOOL is None and "COFFEE_TESTS_SKIP_NOTHING" not in os.environ,
    reason="promtool, of the package prometheus, is not installed",
)
ALERT_RULES = [rule for rule in rules() if "alert" in rule]


@needs_promtool
@pytest.mark.parametrize(
    ("command", "file"),
    [
        (("check", "config"), "prometheus.yml"),
        (("check", "rules"), "alerts.yml"),
        (("test", "rules"), "alerts_test.yml"),
    ],
)
def test_prometheus_accepts_the_rules_and_each_alert_fires_but_not_in_a_healthy_hour(
    command: tuple[str, str], file: str
) -> None:
    assert PROMTOOL is not None
    ended = subprocess.run(
        [PROMTOOL, *command, str(ALERTS.with_name(file))],
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_every_alert_has_a_test_that_fires_it_and_a_passage_on_what_to_do() -> None:
    tests = yaml.safe_load(ALERTS.with_name("alerts_test.yml").read_text())["tests"]
    fired = {
        rule_test["alertname"]
        for test in tests
        for rule_test in test.get("alert_rule_test", ())
        if rule_test["exp_alerts"]
    }
    page = (ROOT / "docs/operations.md").read_text()
    explained = set(re.findall(r"^#### (\w+)$", page, re.MULTILINE))
    names = {rule["alert"] for rule in ALERT_RULES}
    assert fired == explained == names
    for rule in ALERT_RULES:
        runbook = f"docs/operations.md#{rule['alert'].lower()}"
        assert rule["annotations"]["runbook_url"] == runbook
        assert rule["labels"]["severity"] in {"page", "ticket"}
        assert rule["for"]


@pytest.mark.parametrize("query", [*dashboard_queries(), *(rule["expr"] for rule in rules())])
def test_every_query_can_be_parsed(query: str) -> None:
    assert all(selector.name for selector in selectors(query))


def test_prometheus_scrapes_every_service_of_ours_that_the_containers_run() -> None:
    scraped = yaml.safe_load(ALERTS.with_name("prometheus.yml").read_text())["scrape_configs"]
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    ours = {
        name
        for name, service in services.items()
        if service.get("image") == "coffeeshop" and name != "provision"
    }
    found = {(each["job_name"], *each["dns_sd_configs"][0]["names"]) for each in scraped}
    assert found == {(name, name) for name in ours}
    assert {each["dns_sd_configs"][0]["port"] for each in scraped} == {8080}
