"""The OpenAPI 3.1 document, built from the table of operations."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, TypeAlias

from aiohttp import hdrs, web

from shared.web.headers import CORRELATION_HEADER
from shared.web.limits import WebLimits
from shared.web.openapi_schemas import Schemas
from shared.web.operation import Operation, Parameter, Response, Role
from shared.web.problem import (
    CONTENT_TOO_LARGE,
    EXPECTATION_FAILED,
    FORBIDDEN,
    HEADERS_TOO_LARGE,
    INTERNAL_ERROR,
    INVALID_REQUEST,
    MALFORMED_JSON,
    METHOD_NOT_ALLOWED,
    NOT_FOUND,
    REQUEST_TIMEOUT,
    TOO_BUSY,
    TOO_MANY_REQUESTS,
    UNAUTHORIZED,
    UNSUPPORTED_MEDIA_TYPE,
    ProblemKind,
    ProblemModel,
)
from shared.web.session_cookie import COOKIE

OPENAPI_DOCUMENT: web.AppKey[bytes] = web.AppKey("OPENAPI_DOCUMENT", bytes)

Json: TypeAlias = dict[str, Any]

_PROBLEMS_OF_ANY = (
    INVALID_REQUEST,
    METHOD_NOT_ALLOWED,
    CONTENT_TOO_LARGE,
    EXPECTATION_FAILED,
    HEADERS_TOO_LARGE,
    INTERNAL_ERROR,
)
_PROBLEMS_OF_BODIES = (MALFORMED_JSON, REQUEST_TIMEOUT, UNSUPPORTED_MEDIA_TYPE)
_BEARER = {"type": "http", "scheme": "bearer"}
_SESSION = {
    "type": "apiKey",
    "in": "cookie",
    "name": COOKIE,
    "description": "Set by `PUT /staff/session`; good only for requests of the shop's own pages",
}
_SECURITY: Mapping[Role, Sequence[Json]] = {
    Role.BARISTA: [{"staff": ["barista"]}, {"session": ["barista"]}],
    Role.MANAGER: [{"staff": ["manager"]}, {"session": ["manager"]}],
    Role.SUBSCRIBER: [{"manage": []}, {"staff": ["manager"]}, {"session": ["manager"]}],
}
"""What gives access: the scheme, and the role of the key (OpenAPI 3.1, section 4.8.30).

`manage` and `staff` are different tokens, which are both sent as bearer tokens; `session` is the
cookie by which the shop's own pages show a staff key. A manager's key is good for all.
"""

_WHO: Mapping[Role, str] = {
    Role.BARISTA: "For staff: takes any staff key.",
    Role.MANAGER: "For managers: takes a staff key of the role manager.",
    Role.SUBSCRIBER: "Takes the subscription's manage token, or a manager's staff key.",
}

_STAFF_MAY_MORE: Sequence[Json] = [{}, {"staff": []}, {"session": []}]
"""No key is needed, but some of what may be asked for is for staff."""

_PATTERN_IN_PATH = re.compile(r"\{(\w+):[^}]*\}")
_NO_CONTENT = frozenset({HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED})
_RETRY_AFTER = {"Retry-After": "Seconds after which to try again"}
_ERROR_HEADERS: Mapping[HTTPStatus, Mapping[str, str]] = {
    HTTPStatus.UNAUTHORIZED: {hdrs.WWW_AUTHENTICATE: "How to show a key"},
    HTTPStatus.METHOD_NOT_ALLOWED: {hdrs.ALLOW: "The methods that the path takes"},
    HTTPStatus.TOO_MANY_REQUESTS: _RETRY_AFTER,
    HTTPStatus.SERVICE_UNAVAILABLE: _RETRY_AFTER,
}


def openapi_document(title: str, operations: Iterable[Operation]) -> Json:
    """Describe the documented operations, with every response that each can give."""
    shown = [operation for operation in operations if operation.documented]
    schemas = Schemas(shown)
    ids = _ids(shown)
    paths: defaultdict[str, Json] = defaultdict(dict)
    for operation in shown:
        path = _PATTERN_IN_PATH.sub(r"{\1}", operation.path)
        described = _describe(operation, schemas)
        paths[path][operation.method.lower()] = {"operationId": ids[id(operation)], **described}
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": "1"},
        "paths": dict(paths),
        "components": {
            "schemas": schemas.components,
            "securitySchemes": {"staff": _BEARER, "manage": _BEARER, "session": _SESSION},
        },
    }


def _ids(operations: Sequence[Operation]) -> dict[int, str]:
    """Name operations after their handlers; raises ValueError when two share one.

    A number would depend on which services are served together.
    """
    ids: dict[str, Operation] = {}
    for operation in operations:
        function = getattr(operation.handler, "func", operation.handler)
        name = getattr(function, "__name__", type(function).__name__)
        if ids.setdefault(name, operation) is not operation:
            message = f"two operations are called {name}"
            raise ValueError(message)
    return {id(operation): name for name, operation in ids.items()}


def _describe(operation: Operation, schemas: Schemas) -> Json:
    described: Json = {
        "summary": operation.summary,
        "tags": [operation.tag],
        "parameters": [_parameter(parameter, schemas) for parameter in operation.parameters],
        "responses": _responses(operation, schemas),
    }
    if operation.body is not None:
        content = {"application/json": {"schema": schemas.in_request(operation.body)}}
        described["requestBody"] = {
            "description": f"At most {operation.body_bytes or WebLimits().body_bytes} bytes",
            "required": operation.body_required,
            "content": content,
        }
    if operation.role in _SECURITY:
        described["description"] = _WHO[operation.role]
        described["security"] = _SECURITY[operation.role]
    elif UNAUTHORIZED in operation.errors and not _token_elsewhere(operation):
        described["security"] = _STAFF_MAY_MORE
    return described


def _token_elsewhere(operation: Operation) -> bool:
    """Return whether the 401 is for a token in the body or the query, and not for a key."""
    in_body = operation.body is not None and "token" in operation.body.model_fields
    return in_body or any(parameter.name == "token" for parameter in operation.parameters)


def _parameter(parameter: Parameter, schemas: Schemas) -> Json:
    return {
        "name": parameter.name,
        "in": parameter.location,
        "description": parameter.description,
        "required": parameter.required or parameter.location == "path",
        "schema": schemas.in_request(parameter.model),
    }


def _responses(operation: Operation, schemas: Schemas) -> Json:
    successes = {
        str(status.value): _success(status, response, schemas)
        for status, response in operation.responses.items()
    }
    by_status: defaultdict[HTTPStatus, list[ProblemKind]] = defaultdict(list)
    for kind in _kinds(operation):
        by_status[kind.status].append(kind)
    problems = {
        str(status.value): _problems(status, kinds, schemas)
        for status, kinds in sorted(by_status.items())
    }
    return successes | problems


def _kinds(operation: Operation) -> list[ProblemKind]:
    """List, once each, the problems that the operation names and those any operation has."""
    kinds = [*operation.errors, *_PROBLEMS_OF_ANY]
    if operation.role in _SECURITY:
        kinds.append(UNAUTHORIZED)
    if operation.role in {Role.MANAGER, Role.SUBSCRIBER}:
        kinds.append(FORBIDDEN)
    if operation.body is not None:
        kinds.extend(_PROBLEMS_OF_BODIES)
    if "{" in operation.path:
        kinds.append(NOT_FOUND)
    if not operation.always_served:
        kinds.extend((TOO_BUSY, TOO_MANY_REQUESTS))
    return [*dict.fromkeys(kinds)]


def _success(status: HTTPStatus, response: Response, schemas: Schemas) -> Json:
    described: Json = {"description": response.description, "headers": _headers(response.headers)}
    if response.model is not None:
        described["content"] = {
            response.media_type: {"schema": schemas.in_response(response.model)}
        }
    elif status not in _NO_CONTENT:
        kind = "object" if response.media_type.endswith("json") else "string"
        described["content"] = {response.media_type: {"schema": {"type": kind}}}
    for media_type in response.other_media_types:
        described["content"][media_type] = {"schema": {"type": "string"}}
    return described


def _problems(status: HTTPStatus, kinds: Sequence[ProblemKind], schemas: Schemas) -> Json:
    media = {
        "schema": schemas.in_response(ProblemModel),
        "examples": {kind.slug: {"value": _example(kind)} for kind in kinds},
    }
    return {
        "description": "; ".join(kind.title for kind in kinds),
        "headers": _headers(_ERROR_HEADERS.get(status, {})),
        "content": {"application/problem+json": media},
    }


def _example(kind: ProblemKind) -> Json:
    model = ProblemModel(
        type=f"/problems/{kind.slug}", title=kind.title, status=kind.status, detail="…"
    )
    return model.model_dump(exclude_none=True)


def _headers(described: Mapping[str, str]) -> Json:
    everywhere = {CORRELATION_HEADER: "The caller's correlation id, or a new one"}
    return {
        name: {"description": text, "schema": {"type": "string"}}
        for name, text in (everywhere | dict(described)).items()
    }
