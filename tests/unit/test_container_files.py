"""What the files of the containers say is so, as far as a test can know without an engine."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
import yaml

from notifier.app import NOTIFIER_OPERATIONS
from notifier.settings import NotifierSettings
from producer.app import CASHIER_OPERATIONS
from producer.http.photo_uploads import upload_photo
from producer.menu.file import load_menu
from producer.settings import CashierSettings
from shared.runtime.settings import WebSettings
from shared.web import problem
from shared.web.headers import ACCEPTABLE_ID
from shared.web.health import HEALTH_OPERATIONS
from shared.web.limits import WebLimits
from shared.web.operation import Operation
from shop.processes.programs import FAST_RETRIES
from worker.photos.settings import PhotoWorkerSettings
from worker.settings import WorkerSettings

ROOT = Path(__file__).parents[2]
NGINX = (ROOT / "deploy/nginx/nginx.conf").read_text()
DOCKERFILE = (ROOT / "Dockerfile").read_text()
COMPOSE: Any = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
OPERATIONS = (*CASHIER_OPERATIONS, *NOTIFIER_OPERATIONS)
OURS = ("provision", "producer", "worker", "photos", "notifier")


def service_of(path: str) -> str:
    """Route a path as nginx does."""
    rules = _map("$uri $service")
    for pattern, service in rules.items():
        if pattern.startswith("~") and re.search(pattern[1:], path):
            return service
    return rules["default"]


def _map(head: str) -> dict[str, str]:
    (block,) = re.findall(rf"map {re.escape(head)} {{\n(.*?)\n    }}", NGINX, re.DOTALL)
    entries = re.findall(r"^ +(\"[^\"]+\"|\S+) +'?(.*?)'?;$", block, re.MULTILINE)
    return {key.strip('"'): value for key, value in entries}


def _seconds(directive: str) -> int:
    """Give the time-out that holds wherever no location has its own."""
    (seconds,) = re.findall(rf"^    {directive} (\d+)s;", NGINX, re.MULTILINE)
    return int(seconds)


def _location(path: str) -> str:
    (block,) = re.findall(rf"location = {re.escape(path)} {{\n(.*?)\n        }}", NGINX, re.DOTALL)
    return str(block)


@pytest.mark.parametrize(
    ("operations", "service"),
    [(CASHIER_OPERATIONS, "producer"), (NOTIFIER_OPERATIONS, "notifier")],
)
def test_nginx_leads_every_path_to_the_service_whose_table_has_it(
    operations: list[Operation], service: str
) -> None:
    astray = {each.path for each in operations if service_of(each.path) != service}
    assert astray == set()


def test_every_path_that_nginx_knows_is_in_the_notifiers_table() -> None:
    (pattern,) = (key for key in _map("$uri $service") if key.startswith("~"))
    known = set(re.findall(r"[a-z.\\/]+", pattern.partition("(")[2].partition(")")[0]))
    owned = {each.path.split("/")[1] for each in NOTIFIER_OPERATIONS}
    owned = owned - {"staff"} | {"staff/newsletters"}
    assert {name.replace("\\", "") for name in known} == owned


@pytest.mark.parametrize("path", [each.path for each in OPERATIONS if each.is_stream])
def test_nginx_holds_nothing_of_a_stream_back(path: str) -> None:
    assert "proxy_buffering off;" in _location(path)


def test_nginx_waits_longer_for_a_stream_than_its_notifier_is_silent() -> None:
    (seconds,) = re.findall(r"proxy_read_timeout (\d+)s;", _location("/events"))
    assert int(seconds) > 2 * NotifierSettings().heartbeat_seconds


def test_nginx_waits_longer_for_an_answer_than_an_order_may_take() -> None:
    assert _seconds("proxy_read_timeout") > CashierSettings().order_seconds


def test_nginx_has_time_for_a_third_container_after_two_that_hang() -> None:
    assert _seconds("proxy_next_upstream_timeout") > 2 * _seconds("proxy_read_timeout")


def test_nginx_waits_longer_where_much_is_done_at_once() -> None:
    (pattern,) = re.findall(
        r"location ~ (\S+) {\n +proxy_read_timeout 30s;\n +proxy_pass http://\$service:8080;", NGINX
    )
    patient = {each.path for each in OPERATIONS if re.search(pattern, each.path)}
    assert patient == {
        "/dead-letters/redrive",
        "/subscriptions/dead-letters/redrive",
        "/subscriptions/{id}/resume",
        "/subscriptions/forget",
        "/customers/forget",
    }


def test_nginx_leaves_it_to_the_services_to_refuse_long_bodies() -> None:
    (kibibytes,) = re.findall(r"client_max_body_size (\d+)k;", NGINX)
    assert int(kibibytes) * 1024 > WebLimits().body_bytes


def test_nginx_passes_photos_on_as_they_come_and_leaves_it_to_the_cashier_to_refuse_them() -> None:
    location = _location(upload_photo.path)
    (mebibytes,) = re.findall(r"client_max_body_size (\d+)m;", location)
    assert int(mebibytes) * 2**20 > (upload_photo.body_bytes or 0)
    assert "proxy_request_buffering off;" in location


def test_nginx_shows_no_customer_how_a_service_is() -> None:
    watching = {each.path for each in HEALTH_OPERATIONS} - {"/healthz"}
    (closed,) = re.findall(r"location ~ (\S+) {\n +return 404;", NGINX)
    assert {path for path in watching if re.search(closed, path)} == watching
    assert not [each.path for each in OPERATIONS if re.search(closed, each.path)]


def test_nginx_takes_the_correlation_ids_that_the_services_take() -> None:
    assert f"~^{ACCEPTABLE_ID.pattern}$" in _map("$http_x_correlation_id $correlation")


def test_problems_of_nginx_are_problems_of_the_services() -> None:
    kinds = {
        (f"/problems/{kind.slug}", kind.title, int(kind.status))
        for kind in vars(problem).values()
        if isinstance(kind, problem.ProblemKind)
    }
    for status, text in _map("$status $problem").items():
        body = json.loads(text.replace("\\'", "'"))
        assert body["status"] == HTTPStatus(int(status))
        assert (body["type"], body["title"], body["status"]) in kinds


@pytest.mark.parametrize("name", [*OURS, "nginx"])
def test_a_container_has_no_rights_that_it_does_not_need(name: str) -> None:
    service = COMPOSE["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]


def test_nobody_but_nginx_can_be_reached_from_outside() -> None:
    assert [name for name, service in COMPOSE["services"].items() if "ports" in service] == [
        "nginx"
    ]


@pytest.mark.parametrize("name", ["producer", "worker", "photos", "notifier"])
def test_a_container_is_stopped_no_sooner_than_its_service_has_finished(name: str) -> None:
    grace = re.match(r"(\d+)s", COMPOSE["services"][name]["stop_grace_period"])
    assert grace is not None
    assert int(grace[1]) > _grace_seconds(name)


def test_a_barista_that_is_scaled_in_finishes_ten_of_the_slowest_drinks() -> None:
    slowest = max(item.prep_seconds for item in load_menu(CashierSettings().menu).items.values())
    assert _grace_seconds("worker") > 10 * slowest / WorkerSettings().brew_speed


def _grace_seconds(name: str) -> float:
    variables = COMPOSE["services"][name]["environment"]
    return float(variables.get("COFFEE_GRACE_SECONDS", WorkerSettings().grace_seconds))


@pytest.mark.parametrize("file", ["secrets.yml", "secrets-rotation.yml"])
def test_every_secret_in_a_file_is_a_setting_of_the_services_that_have_it(file: str) -> None:
    compose = yaml.safe_load((ROOT / "deploy" / file).read_text())
    kinds: dict[str, type[WebSettings]] = {
        "producer": CashierSettings,
        "notifier": NotifierSettings,
    }
    for name, service in compose["services"].items():
        settings = {f"coffee_{field}" for field in kinds[name].model_fields}
        assert set(service["secrets"]) - settings == set()
        assert set(service["secrets"]) <= compose["secrets"].keys()


def test_every_setting_in_the_compose_file_is_one() -> None:
    kinds = (CashierSettings, NotifierSettings, WorkerSettings, PhotoWorkerSettings)
    settings = {f"COFFEE_{field.upper()}" for kind in kinds for field in kind.model_fields}
    named = {name for service in OURS for name in COMPOSE["services"][service]["environment"]}
    ours = {name for name in named if not name.startswith("OTEL_")}
    assert ours - settings - FAST_RETRIES.keys() == set()
    assert set(re.findall(r"COFFEE_[A-Z_]+(?==)", DOCKERFILE)) - settings == set()


def test_the_image_is_built_of_what_is_locked_and_without_what_builds_it() -> None:
    build, _, final = DOCKERFILE.rpartition("\nFROM ")
    installs = [line for line in _commands(build) if "install" in line.split()]
    assert installs
    assert all("--require-hashes" in line or "--no-index" in line for line in installs)
    assert "USER 10001:10001" in final
    assert "HEALTHCHECK" in final
    assert not [line for line in _commands(final) if "install" in line.split() and "pip" in line]


def test_the_image_has_what_runs_elsewhere_but_the_emulator() -> None:
    everywhere, image = (
        set(re.findall(r"^\S+==\S+", (ROOT / lock).read_text(), re.MULTILINE))
        for lock in ("requirements.lock", "requirements-image.lock")
    )
    assert image < everywhere
    absent = {pin.partition("==")[0] for pin in everywhere - image}
    assert {"ministack", "hypercorn"} <= absent
    assert "requirements.lock" not in DOCKERFILE


def test_every_image_is_of_one_version() -> None:
    images = [service["image"] for service in COMPOSE["services"].values()]
    images += re.findall(r"^ARG PYTHON_IMAGE=(\S+)", DOCKERFILE, re.MULTILINE)
    defaults = {re.sub(r"^\$\{\w+:-(.*)\}$", r"\1", image) for image in images}
    assert set(re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)) == {"${PYTHON_IMAGE}"}
    assert defaults - {"coffeeshop"} == {
        "ministackorg/ministack:1.5.33",
        "nginx:1.28-bookworm",
        "python:3.13-slim-bookworm",
    }


def _commands(dockerfile: str) -> Iterator[str]:
    joined = dockerfile.replace("\\\n", " ")
    for line in joined.splitlines():
        if line.startswith("RUN "):
            yield from line.removeprefix("RUN ").split(" && ")


FIXED = {
    *("COFFEE_HOST", "COFFEE_PORT", "COFFEE_WORKER_PORT", "COFFEE_LOG_FORMAT", "COFFEE_STATE_DIR"),
    *("COFFEE_AWS_REGION", "COFFEE_AWS_ACCESS_KEY_ID", "COFFEE_AWS_SECRET_ACCESS_KEY"),
    *("COFFEE_GRACE_SECONDS", "COFFEE_MENU", "COFFEE_NAME_PREFIX", "COFFEE_NOTIFIER_INSTANCE"),
    *("COFFEE_ALLOW_LOOPBACK_WEBHOOKS", "COFFEE_PROVISION"),
}
"""Settings that have one right value in a container, or name what only its host has."""


def test_every_documented_setting_of_a_service_can_be_set_in_containers() -> None:
    """docker-compose.yml lists the variable without a value, so that it is taken from outside."""
    documented = {
        name
        for row in re.findall(r"^\| `COFFEE_.*", (ROOT / "README.md").read_text(), re.MULTILINE)
        for name in re.findall(r"`(COFFEE_\w+)`", row)
    }
    kinds = (CashierSettings, NotifierSettings, WorkerSettings)
    settings = {f"COFFEE_{field.upper()}" for kind in kinds for field in kind.model_fields}
    for service in OURS[1:]:
        handed_on = COMPOSE["services"][service]["environment"].keys()
        assert (documented & settings) - FIXED - handed_on == set()


@pytest.mark.parametrize("service", ["ministack", *OURS, "nginx"])
def test_every_container_is_bounded_and_on_networks_of_its_own(service: str) -> None:
    bounded = COMPOSE["services"][service]
    assert {"mem_limit", "pids_limit", "ulimits", "networks"} <= bounded.keys()
    assert ("outside" in bounded["networks"]) == (service in {"notifier", "nginx"})
    assert ("inside" in bounded["networks"]) == (service != "nginx")


def test_the_emulator_and_the_services_behind_nginx_have_no_way_out() -> None:
    internal = {name for name, each in COMPOSE["networks"].items() if each.get("internal")}
    assert internal == {"inside", "front"}


def test_the_order_store_is_a_volume_that_all_services_share() -> None:
    for service in OURS:
        assert "shop:/var/lib/coffeeshop" in COMPOSE["services"][service]["volumes"]
        assert COMPOSE["services"][service]["environment"]["COFFEE_STORE"] is None
        assert COMPOSE["services"][service]["environment"]["COFFEE_WATCH_BROKER"] == "on"


def test_nginx_answers_every_error_of_its_own_with_a_problem() -> None:
    """The statuses for which nginx has a page of its own; 499 and 444 send none."""
    handled = {
        int(status)
        for line in re.findall(r"error_page ([\d ]+?)(?: =\d+)? /nginx-problem;", NGINX)
        for status in line.split()
    }
    own = {*range(400, 417), 421, 429, 494, 495, 496, 497, 500, 501, 502, 503, 504, 505, 507}
    assert own - {401} - handled == set()  # 401 is never nginx's: it asks nobody's name
    assert {int(to) for to in re.findall(r"error_page [\d ]+ =(\d+) /nginx-problem;", NGINX)} <= {
        int(status) for status in _map("$status $problem")
    }


def test_a_failed_call_to_aws_is_retried_within_50_ms_here_as_under_the_supervisor() -> None:
    for service in OURS:
        environment = COMPOSE["services"][service]["environment"]
        assert environment.items() >= FAST_RETRIES.items()
