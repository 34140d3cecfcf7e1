"""Prometheus and Grafana beside the shop, as far as it can be known without their images."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import yaml

from tests.support.containers import compose_command

ROOT = Path(__file__).parents[2]


def test_compose_adds_them_to_the_shop_and_what_they_mount_is_there() -> None:
    files = ("-f", "docker-compose.yml", "-f", "deploy/watch.yml")
    told = subprocess.run(
        [*compose_command(), *files, "config"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        timeout=60,
    )
    services = yaml.safe_load(told.stdout)["services"]
    assert {"producer", "worker", "notifier", "prometheus", "grafana"} <= services.keys()
    assert "inside" in services["prometheus"]["networks"]
    for name in ("prometheus", "grafana"):
        mounts = [each for each in services[name]["volumes"] if str(ROOT) in json.dumps(each)]
        sources = [
            each["source"] if isinstance(each, dict) else each.split(":")[0] for each in mounts
        ]
        assert sources
        assert all(Path(source).exists() for source in sources)
