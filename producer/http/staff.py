"""The staff's keys, and who changed what, for managers."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from aiohttp import web
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from producer.context import CASHIER
from producer.http.orders import Cursor
from producer.http.problems import INVALID_STAFF_KEY, NAME_TAKEN, TOO_MANY_STAFF_KEYS
from shared.clock import Timestamp
from shared.domain.change import Change, Changed
from shared.domain.staff import StaffKey, StaffKeyRecord, StaffRole
from shared.domain.tokens import new_id, new_token, token_digest
from shared.domain.visible_text import visible
from shared.web.body import json_response, read_body, read_query
from shared.web.caller import change_by
from shared.web.fields import Body, VisibleText
from shared.web.operation import Parameter, Response, operation
from shared.web.problem import INVALID_REQUEST, NOT_FOUND, UNAVAILABLE, Problem

Limit = Annotated[int, Field(ge=1, le=1000)]


def _seen_in_full(name: str) -> str:
    """By the name people see who changed what: nothing in it may stay unseen."""
    if visible(name) != name:
        raise PydanticCustomError("unseen_characters", "Every character should be visible")
    return name


class AddStaffKey(Body):
    """Whose key it is to be, and what it is good for."""

    name: Annotated[VisibleText, Field(max_length=40), AfterValidator(_seen_in_full)]
    role: StaffRole


class StaffKeyModel(BaseModel):
    """A staff key, without the key itself."""

    id: str
    name: str
    role: StaffRole
    created_at: Timestamp
    created_by: str


class NewStaffKeyModel(StaffKeyModel):
    """A staff key, with the key itself."""

    key: Annotated[str, Field(description="To be sent as `Authorization: Bearer`")]


class StaffKeyList(BaseModel):
    """The staff keys, the oldest first; the owner's, of the settings, is not among them."""

    keys: list[StaffKeyModel]


class ListChanges(Body):
    """Which changes to list."""

    model_config = ConfigDict(strict=False, extra="ignore")

    limit: Limit = 100
    cursor: Cursor | None = None


class ChangeModel(BaseModel):
    """What somebody changed: by the key of which name, and how."""

    id: str
    at: Timestamp
    by: str
    what: Changed
    detail: str


class ChangeList(BaseModel):
    """Some changes, newest first; `next_cursor` asks for the next ones."""

    changes: list[ChangeModel]
    next_cursor: str | None


@operation(
    "GET",
    "/staff-keys",
    "List the staff keys",
    responses={HTTPStatus.OK: Response("Whose keys there are", StaffKeyList)},
    errors=(UNAVAILABLE,),
    tag="staff",
)
async def list_staff_keys(request: web.Request) -> web.Response:
    """List the staff keys, without the keys themselves."""
    records = await request.app[CASHIER].store.staff_keys()
    return json_response(StaffKeyList(keys=[StaffKeyModel(**_shown(one)) for one in records]))


@operation(
    "POST",
    "/staff-keys",
    "Make a staff key",
    body=AddStaffKey,
    responses={HTTPStatus.CREATED: Response("The key, which is shown this once", NewStaffKeyModel)},
    errors=(INVALID_STAFF_KEY, NAME_TAKEN, TOO_MANY_STAFF_KEYS, UNAVAILABLE),
    tag="staff",
)
async def add_staff_key(request: web.Request) -> web.Response:
    """Make a key; if its answer is lost, nobody knows it, and it can be withdrawn."""
    context = request.app[CASHIER]
    body = await read_body(request, AddStaffKey, INVALID_STAFF_KEY)
    detail = f"{body.name} ({body.role}) has a key"
    change = change_by(request, context.clock(), Changed.STAFF_KEYS, detail)
    token = new_token()
    record = StaffKeyRecord(
        key=StaffKey(new_id(), body.name, body.role),
        digest=token_digest(token),
        created_at=change.at,
        created_by=change.by,
    )
    await context.store.add_staff_key(record, change)
    return json_response(NewStaffKeyModel(**_shown(record), key=token), HTTPStatus.CREATED)


@operation(
    "DELETE",
    "/staff-keys/{id}",
    "Withdraw a staff key: within a second it opens nothing any more",
    parameters=(Parameter("id", "path", "The key's id", required=True),),
    responses={HTTPStatus.NO_CONTENT: Response("The key is withdrawn")},
    errors=(NOT_FOUND, UNAVAILABLE),
    tag="staff",
)
async def withdraw_staff_key(request: web.Request) -> web.Response:
    """Withdraw a key."""
    context, key_id = request.app[CASHIER], request.match_info["id"]
    keys = [record.key for record in await context.store.staff_keys()]
    key = next((key for key in keys if key.id == key_id), None)
    if key is not None:
        detail = f"the key of {key.name} ({key.role}) is withdrawn"
        change = change_by(request, context.clock(), Changed.STAFF_KEYS, detail)
        if await context.store.withdraw_staff_key(key.id, change):
            return web.Response(status=HTTPStatus.NO_CONTENT)
    raise Problem(NOT_FOUND, "no staff key has that id")


@operation(
    "GET",
    "/shop/changes",
    "Show who changed what, newest first",
    parameters=(
        Parameter("limit", "query", "How many at most (100 when left out)", Limit),
        Parameter("cursor", "query", "The `next_cursor` of the page before", Cursor),
    ),
    responses={HTTPStatus.OK: Response("A page of changes", ChangeList)},
    errors=(INVALID_REQUEST, UNAVAILABLE),
    tag="staff",
)
async def list_changes(request: web.Request) -> web.Response:
    """Show who changed what; orders have a timeline of their own."""
    query = read_query(request, ListChanges)
    page = await request.app[CASHIER].store.changes(query.limit, query.cursor)
    changes = [_show_change(change) for change in page.changes]
    return json_response(ChangeList(changes=changes, next_cursor=page.next_cursor))


def _shown(record: StaffKeyRecord) -> dict[str, object]:
    key = record.key
    return {
        "id": key.id,
        "name": key.name,
        "role": key.role,
        "created_at": record.created_at,
        "created_by": record.created_by,
    }


def _show_change(change: Change) -> ChangeModel:
    return ChangeModel(
        id=change.id, at=change.at, by=change.by, what=change.what, detail=change.detail
    )


STAFF_OPERATIONS = (list_staff_keys, add_staff_key, withdraw_staff_key, list_changes)
