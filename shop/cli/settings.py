"""`coffeeshop settings`: every setting, its value here, its default and its meaning."""

from __future__ import annotations

import ast
import inspect
import itertools
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING

import typer

from shop.cli import terminal
from shop.cli.listing import Entry, listing
from shop.cli.options import AsJson

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

    from shared.runtime.settings import ServiceSettings


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting; `value` is None where it is left out, and hidden where it is a secret."""

    name: str
    value: str | None
    default: str | None
    meaning: str


def settings(as_json: AsJson = False) -> None:  # noqa: FBT002 - typer makes it an option
    """List every setting of the shop: its value here, its default and its meaning.

    Set them in the environment. A name that is none of these is refused at the start.

    **Examples**

    - `coffeeshop settings`
    - `coffeeshop settings --json`
    """
    listed = [*_all_settings()]
    if as_json:
        terminal.print_json([asdict(setting) for setting in listed])
    else:
        terminal.show(listing(("Setting",), [_described(one) for one in listed]))
    if wrong := _wrong():
        terminal.complain(*wrong)
        raise typer.Exit(terminal.MISUSED)


def _described(setting: Setting) -> Entry:
    value = f"={setting.value}" if setting.value is not None else ""
    default = f" (default: {setting.default})" if setting.default is not None else ""
    return Entry((f"{setting.name}{value}{default}",), (setting.meaning,))


def _wrong() -> tuple[str, ...]:
    # Loading the services takes time that other commands need not spend.
    from shared.runtime.startup import StartupError  # noqa: PLC0415
    from shop.processes.preflight import read_all_settings  # noqa: PLC0415

    try:
        read_all_settings()
    except StartupError as error:
        return error.lines
    return ()


def _all_settings() -> Iterator[Setting]:
    from shop.processes.preflight import KINDS, OF_PARENTS  # noqa: PLC0415 - as above

    fields: dict[str, FieldInfo] = {}
    meanings: dict[str, str] = {}
    for kind in KINDS:
        fields |= kind.model_fields
        meanings |= _meanings(kind)
    environment = {name.upper(): value for name, value in os.environ.items()}
    for field, info in sorted(fields.items()):
        if field not in OF_PARENTS:
            name = f"COFFEE_{field.upper()}"
            value = environment.get(name) or None
            hidden = "(hidden)" if value and not info.repr else value
            yield Setting(name, hidden, _default(info), meanings.get(field, ""))


def _default(info: FieldInfo) -> str | None:
    default = info.default
    if info.default_factory is not None or default is None:
        return None
    if isinstance(default, PurePath) and default.is_absolute():
        return default.name
    match default:
        case bool():
            return "on" if default else "off"
        case tuple():
            return ",".join(f"{each:g}" for each in default) or None
        case _:
            return str(default) or None


def _meanings(kind: type[ServiceSettings]) -> Mapping[str, str]:
    """Read the docstrings of a class's fields, and of its bases'."""
    found: dict[str, str] = {}
    for each in reversed(kind.__mro__):
        if "Settings" in each.__name__ and each.__module__.endswith(".settings"):
            (defined,) = ast.parse(inspect.getsource(each)).body
            body = defined.body if isinstance(defined, ast.ClassDef) else []
            for field, text in itertools.pairwise(body):
                match field, text:
                    case (
                        ast.AnnAssign(target=ast.Name(id=name)),
                        ast.Expr(value=ast.Constant(value=str(meaning))),
                    ):
                        found[name] = " ".join(meaning.split())
                    case _:
                        pass
    return found
