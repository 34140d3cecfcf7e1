"""Query parameters, read as a model."""

from __future__ import annotations

from typing import TypeVar

from aiohttp import web
from pydantic import BaseModel, ValidationError

from shared.domain.errors import FieldError
from shared.web.field_errors import field_errors_of, pointer
from shared.web.problem import INVALID_REQUEST, Problem

M = TypeVar("M", bound=BaseModel)


def read_query(request: web.Request, model: type[M]) -> M:
    """Read the query as a `model`, each value from its text.

    Raises a Problem of kind INVALID_REQUEST that lists every fault.
    """
    sent = dict(request.query)
    twice = sorted(name for name in sent if len(request.query.getall(name)) > 1)
    faults = [FieldError(pointer([name]), "Parameter was given more than once") for name in twice]
    if not faults:
        try:
            return model.model_validate_strings(sent)
        except ValidationError as error:
            faults = field_errors_of(error, sent)
    raise Problem(INVALID_REQUEST, f"the query has {len(faults)} fault(s)", faults=faults)
