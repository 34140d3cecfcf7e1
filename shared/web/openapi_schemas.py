"""The JSON schemas of all requests and responses, made in one call by pydantic."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Literal, TypeAlias

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from shared.web.operation import Operation
from shared.web.problem import ProblemModel

Mode: TypeAlias = Literal["validation", "serialization"]


_PUBLISHED_AS = {"FieldErrorModel": "Fault", "DeliveryState": "LoggedState"}
"""Schemas whose published name stays: clients may have generated code from it."""


class _PublicNames(GenerateJsonSchema):
    """Publishes `OrderModel` as Order."""

    def normalize_name(self, name: str) -> str:
        name = _PUBLISHED_AS.get(name, name)
        return super().normalize_name(name).removesuffix("Model")


class Schemas:
    """The schema of each type; `components` holds those that others refer to.

    Client generators name a class after the schema's title, so it is the component's own name.
    """

    def __init__(self, operations: Iterable[Operation]) -> None:
        types = {(id(kind), mode): kind for kind, mode in _types(operations)}
        by_key, definitions = TypeAdapter.json_schemas(
            [((index, mode), mode, TypeAdapter(kind)) for (index, mode), kind in types.items()],
            ref_template="#/components/schemas/{model}",
            schema_generator=_PublicNames,
        )
        self._by_key = by_key
        self.components: dict[str, Any] = {
            name: {**schema, "title": name} for name, schema in definitions.get("$defs", {}).items()
        }

    def in_request(self, kind: object) -> dict[str, Any]:
        """Return the schema of a type that callers send."""
        return self._of(kind, "validation")

    def in_response(self, kind: object) -> dict[str, Any]:
        """Return the schema of a type that callers receive."""
        return self._of(kind, "serialization")

    def _of(self, kind: object, mode: Mode) -> dict[str, Any]:
        return self._by_key[((id(kind), mode), mode)]


def _types(operations: Iterable[Operation]) -> Iterator[tuple[Any, Mode]]:
    """List the types; annotated ones cannot be hashed, so callers key them by identity."""
    yield ProblemModel, "serialization"
    for operation in operations:
        if operation.body is not None:
            yield operation.body, "validation"
        for parameter in operation.parameters:
            yield parameter.model, "validation"
        for response in operation.responses.values():
            if response.model is not None:
                yield response.model, "serialization"
