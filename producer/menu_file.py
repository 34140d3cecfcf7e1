"""The menu file: YAML that its owner edits; every error in it is reported with its line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from producer.menu_yaml import YamlFileError, read_yaml
from shared.domain.menu import Choice, Menu, MenuItem
from shared.runtime.startup import StartupError
from shared.runtime.validation import Matching, plain_message

Id = Annotated[
    str, Matching(r"[a-z0-9][a-z0-9-]{0,39}", "1 to 40 of a-z, 0-9 and -, the first no -")
]
Label = Annotated[str, StringConstraints(min_length=1, max_length=80)]
Price = Annotated[int, Field(ge=0, le=1_000_000)]


class MenuFileError(StartupError):
    """The menu file cannot be used; every error is reported with its line."""


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class _Modifier(_Strict):
    name: Label
    price: Price


class _Item(_Strict):
    name: Label
    description: Annotated[str, StringConstraints(max_length=200)] = ""
    category: Id
    prep_seconds: Annotated[int, Field(ge=1, le=3600)]
    sizes: Annotated[dict[Id, Price], Field(min_length=1)]
    modifiers: list[Id] = []


class _MenuFile(_Strict):
    currency: Annotated[str, Matching(r"[A-Z]{3}", "3 capital letters, as in USD")]
    sizes: dict[Id, Label]
    modifiers: dict[Id, _Modifier] = {}
    items: Annotated[dict[Id, _Item], Field(min_length=1)]


Where = tuple[str | int, ...]
"""A path into the file: keys and positions from the top."""


def load_menu(path: Path) -> Menu:
    """Read the menu; raises MenuFileError with every error in it."""
    tree, content = _read(path)
    try:
        file = _MenuFile.model_validate(content)
    except ValidationError as error:
        errors = [(found["loc"], plain_message(found)) for found in error.errors()]
        raise _menu_file_error(path, tree, errors) from error
    if errors := [*_repeated_keys(tree), *_undefined(file), *_repeated_modifiers(file)]:
        raise _menu_file_error(path, tree, errors)
    return _menu(file)


def _menu_file_error(
    path: Path, tree: yaml.Node | None, errors: list[tuple[Where, str]]
) -> MenuFileError:
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


def _undefined(file: _MenuFile) -> Iterator[tuple[Where, str]]:
    """Find the sizes and modifiers that items name but the file does not define."""
    for item_id, item in file.items.items():
        for size in item.sizes:
            if size not in file.sizes:
                yield ("items", item_id, "sizes", size), "no such size is defined under sizes"
        for position, modifier in enumerate(item.modifiers):
            if modifier not in file.modifiers:
                where = ("items", item_id, "modifiers", position)
                yield where, f"no modifier {modifier!r} is defined under modifiers"


def _repeated_modifiers(file: _MenuFile) -> Iterator[tuple[Where, str]]:
    for item_id, item in file.items.items():
        for position, modifier in enumerate(item.modifiers):
            if modifier in item.modifiers[:position]:
                yield ("items", item_id, "modifiers", position), f"{modifier!r} is there twice"


def _menu(file: _MenuFile) -> Menu:
    modifiers = {
        modifier_id: Choice(modifier_id, modifier.name, modifier.price)
        for modifier_id, modifier in file.modifiers.items()
    }
    return Menu(
        currency=file.currency,
        items=tuple(
            MenuItem(
                id=item_id,
                name=item.name,
                description=item.description,
                category=item.category,
                prep_seconds=item.prep_seconds,
                sizes=tuple(
                    Choice(size, file.sizes[size], price) for size, price in item.sizes.items()
                ),
                modifiers=tuple(modifiers[modifier] for modifier in item.modifiers),
            )
            for item_id, item in file.items.items()
        ),
    )


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


def _repeated_keys(tree: yaml.Node | None, where: Where = ()) -> Iterator[tuple[Where, str]]:
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
