"""The catalogues of the pages: whole in each language, and used to the last text."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

import notifier.http.pages
import producer.http.pages
import shared.web.pages
from shared.web.pages.shell import SHARED_SECTIONS, Page
from shared.web.pages.texts import LANGUAGES, Catalogues, Text, placeholders

ROOT = Path(__file__).parents[3]
SHARED = ROOT / "shared/web/pages"
FOLDERS = sorted({path.parents[1] for path in ROOT.glob("*/**/pages/**/texts/en.json")})
PACKAGES = (notifier.http.pages, producer.http.pages, shared.web.pages)

IMPORTED = re.compile(r"""(?:from | import\()"([^"]+\.js)"\)?""")


def texts(folder: Path, language: str) -> dict[str, Text]:
    sections = Catalogues([folder / "texts"]).sections(language)
    return {f"{name}.{key}": text for name, all_ in sections.items() for key, text in all_.items()}


def sources(folder: Path) -> Iterator[str]:
    """What may name a text: templates, modules and code, but not those of pages inside.

    Routes beside a folder of pages may answer with its pages, too.
    """
    inner = [other for other in FOLDERS if folder in other.parents]
    if folder != SHARED:
        yield from (path.read_text(encoding="utf-8") for path in folder.parent.glob("*.py"))
    for path in folder.rglob("*"):
        if path.suffix in {".html", ".js", ".py"} and not any(i in path.parents for i in inner):
            yield path.read_text(encoding="utf-8")


def named(source: str, sections: set[str]) -> set[str]:
    """The texts that a source names, among those of some sections."""
    return {
        key
        for key in re.findall(r"""["'](\w+\.\w+)["']""", source)
        if key.partition(".")[0] in sections and not key.endswith((".js", ".css", ".html"))
    }


def sections_of(folder: Path) -> set[str]:
    return {key.partition(".")[0] for key in texts(folder, "en")}


def every_page() -> Iterator[tuple[Path, Page]]:
    for package in PACKAGES:
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            module: ModuleType = importlib.import_module(found.name)
            for value in vars(module).values():
                if isinstance(value, Page):
                    yield Path(str(module.__file__)).parent, value


def modules_of(folder: Path, name: str) -> set[Path]:
    """A module with all that it imports."""
    pending, found = [folder / "assets" / name], set[Path]()
    while pending:
        module = pending.pop()
        if module not in found:
            found.add(module)
            for address in IMPORTED.findall(module.read_text(encoding="utf-8")):
                near = SHARED / "assets" if address.startswith("/assets/") else module.parent
                pending.append(near / Path(address).name)
    return found


def test_there_are_catalogues_and_pages() -> None:
    assert SHARED in FOLDERS
    assert len([*every_page()]) >= 4


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: str(folder.relative_to(ROOT)))
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_has_all_texts_with_the_same_values_and_forms(
    folder: Path, language: str
) -> None:
    here, english = texts(folder, language), texts(folder, "en")
    assert here.keys() == english.keys()
    for key, text in here.items():
        assert placeholders(text) == placeholders(english[key]), key
        assert isinstance(text, str) == isinstance(english[key], str), key
        forms = [text] if isinstance(text, str) else [*text.values()]
        assert all(form.strip() == form != "" for form in forms), key
        if not isinstance(text, str):
            assert text.keys() == {"one", "other"}, key
            assert "count" in placeholders(text), key


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: str(folder.relative_to(ROOT)))
def test_every_text_is_used_and_every_one_that_is_used_exists(folder: Path) -> None:
    own, everything = set(texts(folder, "en")), set(texts(folder, "en")) | set(texts(SHARED, "en"))
    sections = {key.partition(".")[0] for key in everything}
    users = FOLDERS if folder == SHARED else [folder]
    used = {key for user in users for source in sources(user) for key in named(source, sections)}
    assert own - used == set(), "unused"
    mine = {key for source in sources(folder) for key in named(source, sections)}
    assert mine - everything == set(), "missing"


@pytest.mark.parametrize(("folder", "page"), [*every_page()], ids=str)
def test_a_page_is_sent_the_texts_of_its_modules_and_no_others(folder: Path, page: Page) -> None:
    sections = sections_of(folder) | sections_of(SHARED)
    modules = modules_of(folder, page.module) if page.module else set()
    keys = {key for path in modules for key in named(path.read_text(encoding="utf-8"), sections)}
    used = {key.partition(".")[0] for key in keys}
    assert used - {*page.texts, *SHARED_SECTIONS} == set(), "not sent"
    assert {*page.texts} - used == set(), "sent in vain"


def test_plural_forms_and_values_are_filled_in() -> None:
    catalogues = Catalogues([SHARED / "design/texts"])
    assert catalogues.text("en", "design.orders", count=1) == "1 order"
    assert catalogues.text("de", "design.orders", count=2) == "2 Bestellungen"
    with pytest.raises(KeyError):
        catalogues.text("de", "design.orders")
    with pytest.raises(KeyError):
        catalogues.text("de", "design.nothing")


def test_no_two_folders_may_have_one_section() -> None:
    twice = Catalogues([SHARED / "texts", SHARED / "texts"])
    with pytest.raises(ValueError, match="are taken"):
        twice.sections("en")
