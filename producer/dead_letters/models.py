"""What the routes of dead letters take and give."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from shared.aws.dead_letters import MAX_LEASED
from shared.domain.order import OrderState
from shared.web.fields import Body

MOST_LISTED = 1000


class ListDeadLetters(Body):
    """Which dead letters to list."""

    model_config = ConfigDict(strict=False)

    limit: Annotated[int, Field(ge=1, le=MOST_LISTED)] = 100


class RedriveDeadLetters(Body):
    """Which dead letters to redrive: those of some ids, or all. A dry run changes nothing.

    With `limit`, no more than so many are redriven.
    """

    model_config = ConfigDict(
        json_schema_extra={"oneOf": [{"required": ["ids"]}, {"required": ["all"]}]}
    )

    ids: list[Annotated[str, Field(min_length=1, max_length=100)]] = Field(
        default=[], min_length=1, max_length=100
    )
    all: bool = Field(default=False, json_schema_extra={"const": True})
    limit: Annotated[int, Field(ge=1, le=MAX_LEASED)] = MOST_LISTED
    dry_run: bool = False

    @model_validator(mode="after")
    def _ids_or_all(self) -> Self:
        if self.all is bool(self.ids) or self.model_fields_set >= {"all", "ids"}:
            message = 'Either ids should be given, or "all" as true'
            raise PydanticCustomError("ids_or_all", message)
        return self


class DeadLetterModel(BaseModel):
    """A ticket that was given up on, and its order as it is now, where there is one."""

    model_config = ConfigDict(title="DeadLetter")

    id: str
    reason: str
    age_seconds: Annotated[int, Field(description="since it was sent, or was given up on")]
    attempts: Annotated[int, Field(description="how often it was delivered before")]
    order_id: str | None
    order_number: str | None
    order_state: OrderState | None
    body_excerpt: str


class DeadLetterDetail(DeadLetterModel):
    """A dead letter with its body, of which there are 10,000 characters at most."""

    model_config = ConfigDict(title="DeadLetterDetail")

    body: str


class DeadLetterList(BaseModel):
    """Some dead letters, the oldest of them first, and how many there are in all, about."""

    dead_letters: list[DeadLetterModel]
    total: int


class RefusedModel(BaseModel):
    """A dead letter that cannot be redriven, and why."""

    model_config = ConfigDict(title="Refused")

    id: str
    reason: str


class RedriveModel(BaseModel):
    """What became of the dead letters, or would in a dry run; `left` were not looked at."""

    model_config = ConfigDict(title="Redrive")

    dry_run: bool
    redriven: list[str]
    refused: list[RefusedModel]
    left: int


class PurgeModel(BaseModel):
    """How many dead letters there were, about."""

    model_config = ConfigDict(title="Purge")

    purged: int
