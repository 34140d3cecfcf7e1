"""The menu file: YAML that its owner edits; every error in it is reported with its line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import yaml
from pydantic import ValidationError

from producer.menu.checks import Fault, Where, faults
from producer.menu.document import MenuDocument
from producer.menu.yaml_file import YamlFileError, read_yaml
from shared.runtime.startup import StartupError
from shared.runtime.validation import plain_message

_WIDTH = 100


class MenuFileError(StartupError):
    """The menu file cannot be used; every error is reported with its line."""


def load_menu(path: Path) -> MenuDocument:
    """Read the menu; raises MenuFileError with every error in it."""
    tree, content = _read(path)
    try:
        document = MenuDocument.model_validate(content)
    except ValidationError as error:
        errors = [(found["loc"], plain_message(found)) for found in error.errors()]
        raise _menu_file_error(path, tree, errors) from error
    if errors := [*_repeated_keys(tree), *faults(document)]:
        raise _menu_file_error(path, tree, errors)
    return document


def menu_yaml(document: MenuDocument) -> str:
    """Write a menu as YAML that `load_menu` reads as the same menu."""
    content = document.model_dump(mode="json", exclude_defaults=True)
    return yaml.safe_dump(
        content, sort_keys=False, allow_unicode=True, default_flow_style=None, width=_WIDTH
    )


def _menu_file_error(path: Path, tree: yaml.Node | None, errors: Sequence[Fault]) -> MenuFileError:
    return MenuFileError(
        *(
            f"{path}:{_line(tree, where)}: {'.'.join(map(str, where))}: {what}".replace(
                ": : ", ": "
            )
            for where, what in errors
        )
    )


def _read(path: Path) -> tuple[yaml.Node | None, object]:
    try:
        return read_yaml(path)
    except OSError as error:
        raise MenuFileError(f"{path}: {error.strerror}") from error
    except YamlFileError as error:
        place = path if error.line is None else f"{path}:{error.line}"
        raise MenuFileError(f"{place}: {error}") from error


def _line(tree: yaml.Node | None, where: Where) -> int:
    """Return the line of a path in the file (1 is the first), or that of its nearest parent."""
    line = 1
    for part in where:
        match tree:
            case yaml.MappingNode(value=pairs):
                found = [pair for pair in pairs if pair[0].value == str(part)]
                if not found:
                    return line
                key, tree = found[-1]  # of a key that is there twice, YAML takes the last
                line = key.start_mark.line + 1
            case yaml.SequenceNode(value=values) if isinstance(part, int) and part < len(values):
                tree = values[part]
                line = tree.start_mark.line + 1
            case _:
                return line
    return line


def _repeated_keys(tree: yaml.Node | None, where: Where = ()) -> Iterator[Fault]:
    match tree:
        case yaml.MappingNode(value=pairs):
            seen: set[object] = set()
            for key, value in pairs:
                if key.value in seen:
                    yield (*where, key.value), "is there twice"
                seen.add(key.value)
                yield from _repeated_keys(value, (*where, key.value))
        case yaml.SequenceNode(value=values):
            for position, value in enumerate(values):
                yield from _repeated_keys(value, (*where, position))
        case _:
            pass
