"""YAML in which a scalar is what it looks like: a number in decimal digits, or text.

YAML 1.1, which PyYAML reads, takes `0250` for 168, `1:30` for 90, `no` for false, and `2026-11-28`
for a date. Here only `250` and `-250` are numbers and only `null`, `~` and nothing are null, as
in the core schema of YAML 1.2 (section 10.3).
"""

from __future__ import annotations

import re
from pathlib import Path

import yaml

LARGEST_FILE = 2**20
MOST_NODES = 100_000
"""After each alias is replaced by what it stands for: a few of them can stand for billions."""

_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,17})\Z")


class YamlFileError(Exception):
    """The file has no YAML to read; `line` is where, from 1, or None."""

    def __init__(self, what: str, line: int | None = None) -> None:
        super().__init__(what)
        self.line = line


class _Loader(yaml.SafeLoader):
    yaml_implicit_resolvers = {  # noqa: RUF012 - PyYAML declares it so
        first: [(tag, pattern) for tag, pattern in resolvers if tag.endswith((":null", ":merge"))]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def read_yaml(path: Path) -> tuple[yaml.Node | None, object]:
    """Return the nodes of a file, which have line numbers, and its content.

    Raises YamlFileError, and OSError.
    """
    text = _text(path)
    try:
        tree = _Loader(text).get_single_node()
        _check_size(tree)
        return tree, _Loader(text).get_single_data()  # it puts merged keys into nodes of its own
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = error.problem or error.context or "this is not YAML"
        raise YamlFileError(what, mark.line + 1 if mark else None) from error
    except yaml.reader.ReaderError as error:
        line = text[: error.position].count("\n") + 1
        raise YamlFileError("there are characters that YAML does not allow", line) from error
    except RecursionError as error:
        raise YamlFileError("this is nested too deeply") from error
    except (yaml.YAMLError, ValueError, TypeError) as error:
        raise YamlFileError(str(error).splitlines()[0]) from error


def _text(path: Path) -> str:
    with path.open("rb") as file:
        raw = file.read(LARGEST_FILE + 1)
    if len(raw) > LARGEST_FILE:
        raise YamlFileError(f"the file is larger than {LARGEST_FILE:,} bytes")
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise YamlFileError("the file is not UTF-8", line) from error


def _check_size(tree: yaml.Node | None) -> None:
    waiting = [] if tree is None else [tree]
    for _ in range(MOST_NODES):
        if not waiting:
            return
        match waiting.pop():
            case yaml.MappingNode(value=pairs):
                waiting += [node for pair in pairs for node in pair]
            case yaml.SequenceNode(value=nodes):
                waiting += nodes
            case _:
                pass
    raise YamlFileError("this is too large, with each alias replaced by what it stands for")


def _decimal(_: yaml.SafeLoader, node: yaml.ScalarNode) -> int:
    if not _NUMBER.match(node.value):  # it has the tag !!int
        raise YamlFileError("this is no number in decimal digits", node.start_mark.line + 1)
    return int(node.value)


_Loader.add_implicit_resolver("tag:yaml.org,2002:int", _NUMBER, list("-0123456789"))
_Loader.add_constructor("tag:yaml.org,2002:int", _decimal)
