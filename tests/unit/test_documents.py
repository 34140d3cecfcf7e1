"""What the documents say of the code is so."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path

import pytest

from notifier.settings import NotifierSettings
from producer.settings import CashierSettings
from shared.domain import order, subscription
from shop.settings import ShopSettings
from worker.photos.settings import PhotoWorkerSettings
from worker.settings import WorkerSettings

ROOT = Path(__file__).parents[2]

PACKAGES = ("producer", "worker", "notifier", "shared", "shop", "benchmarks")
OTHERS = ("tests", "deploy", "docs")


@pytest.mark.parametrize(
    ("place", "transitions"), [(1, order.TRANSITIONS), (2, subscription.TRANSITIONS)]
)
def test_the_diagrams_show_the_transitions_that_there_are(
    place: int, transitions: Mapping[StrEnum, frozenset[StrEnum]]
) -> None:
    diagram = (ROOT / "docs/architecture.md").read_text().split("```mermaid")[place]
    drawn = set(re.findall(r"^ +(\w+) --> (\w+)", diagram.split("```")[0], re.MULTILINE))
    assert drawn == {(state.value, to.value) for state, tos in transitions.items() for to in tos}


def test_every_setting_that_the_readme_names_is_one() -> None:
    named = set(re.findall(r"`(COFFEE_\w+)`", (ROOT / "README.md").read_text()))
    kinds = (CashierSettings, NotifierSettings, WorkerSettings, PhotoWorkerSettings, ShopSettings)
    settings = {f"COFFEE_{field.upper()}" for kind in kinds for field in kind.model_fields}
    assert named - settings == set()


def test_every_log_event_that_the_operations_page_explains_is_logged() -> None:
    tables = re.findall(r"^\|(.+?)\|", (ROOT / "docs/operations.md").read_text(), re.MULTILINE)
    explained = {event for cell in tables for event in re.findall(r"`(\w+\.\w+)`", cell)}
    source = "".join(path.read_text() for top in PACKAGES for path in (ROOT / top).rglob("*.py"))
    assert explained
    assert {event for event in explained if f'"{event}"' not in source} == set()


def test_the_readme_lists_the_folders_that_there_are() -> None:
    assert drawn_folders(ROOT / "README.md") == top_folders()


def test_the_architecture_draws_the_tree_that_there_is() -> None:
    packages = {package for top in PACKAGES for package in python_folders(ROOT / top)}
    rooms = {room for top in OTHERS for room in folders_in(ROOT / top)}
    assert drawn_folders(ROOT / "docs/architecture.md") == top_folders() | packages | rooms


@pytest.mark.parametrize("document", ["README.md", "docs/tour.md", "docs/architecture.md"])
def test_links_into_the_code_lead_to_files_and_to_symbols(document: str) -> None:
    path = ROOT / document
    links = re.findall(r"\[`([^`]+)`\]\(([^)#]+\.py)\)", path.read_text())
    broken = [
        f"{text} in {target}"
        for text, target in links
        if not (path.parent / target).is_file()
        or not (text.endswith(".py") or text in symbols((path.parent / target).read_text()))
    ]
    assert broken == []


def test_the_tour_follows_an_order_and_a_webhook_by_file_and_function() -> None:
    linked = set(re.findall(r"\]\(\.\./(\w+)/[^)]+\.py\)", (ROOT / "docs/tour.md").read_text()))
    assert {"producer", "worker", "notifier", "shared"} <= linked


def top_folders() -> set[str]:
    """The folders of the project, without what is made in it."""
    return set(folders_in(ROOT))


def folders_in(top: Path) -> Iterator[str]:
    made = re.compile(r"\..*|var|build|.*\.egg-info|__pycache__")
    for path in top.iterdir():
        if path.is_dir() and not made.fullmatch(path.name):
            yield path.relative_to(ROOT).as_posix()


def python_folders(top: Path) -> Iterator[str]:
    """The packages below a folder, as paths from the project's root."""
    for module in top.rglob("__init__.py"):
        if module.parent != top:
            yield module.parent.relative_to(ROOT).as_posix()


def drawn_folders(document: Path) -> set[str]:
    """Read the folder tree below the heading `Folders`: each folder ends with a slash."""
    section = document.read_text().split("## Folders\n", 1)[1].split("\n## ")[0]
    folders: set[str] = set()
    above: list[tuple[int, str]] = []
    for indent, name in re.findall(r"^( {4,})([\w/-]+)/(?: |$)", section, re.MULTILINE):
        above = [(depth, path) for depth, path in above if depth < len(indent)]
        path = f"{above[-1][1]}/{name}" if above else name
        above.append((len(indent), path))
        folders.add(path)
    return folders


def symbols(source: str) -> set[str]:
    """The functions, classes, methods and names that a module defines, dotted."""
    found: set[str] = set()
    for node in ast.parse(source).body:
        found |= set(_names(node))
        if isinstance(node, ast.ClassDef):
            found |= {f"{node.name}.{name}" for inner in node.body for name in _names(inner)}
    return found


def _names(node: ast.stmt) -> Iterator[str]:
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            yield node.name
        case ast.Assign(targets=targets):
            yield from (target.id for target in targets if isinstance(target, ast.Name))
        case ast.AnnAssign(target=ast.Name(id=name)):
            yield name
        case _:
            pass
