"""The operations on dead letters, which are staff's."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated

from pydantic import Field

from producer.dead_letters import routes
from producer.dead_letters.models import (
    MOST_LISTED,
    DeadLetterDetail,
    DeadLetterList,
    PurgeModel,
    RedriveDeadLetters,
    RedriveModel,
)
from producer.problems import INVALID_REDRIVE
from shared.web.operation import Operation, Parameter, Response
from shared.web.problem import INVALID_REQUEST, NOT_FOUND, UNAVAILABLE

DEAD_LETTER_OPERATIONS: Sequence[Operation] = (
    Operation(
        "GET",
        "/dead-letters",
        "List tickets that were given up on",
        routes.list_dead_letters,
        parameters=(
            Parameter(
                "limit",
                "query",
                "How many at most (100 when left out)",
                Annotated[int, Field(ge=1, le=MOST_LISTED)],
            ),
        ),
        responses={HTTPStatus.OK: Response("Dead letters", DeadLetterList)},
        errors=(INVALID_REQUEST, UNAVAILABLE),
        tag="dead letters",
    ),
    Operation(
        "GET",
        "/dead-letters/{id:[0-9a-f-]+}",  # which is not `redrive`
        "Show a dead letter with its body",
        routes.get_dead_letter,
        parameters=(
            Parameter(
                "id",
                "path",
                "The dead letter's id",
                Annotated[str, Field(pattern=r"^[0-9a-f-]+$")],
                required=True,
            ),
        ),
        responses={HTTPStatus.OK: Response("The dead letter", DeadLetterDetail)},
        errors=(NOT_FOUND, UNAVAILABLE),
        tag="dead letters",
    ),
    Operation(
        "POST",
        "/dead-letters/redrive",
        "Place the orders of dead letters anew, and give them fresh tickets",
        routes.redrive_dead_letters,
        body=RedriveDeadLetters,
        responses={HTTPStatus.OK: Response("What became of each dead letter", RedriveModel)},
        errors=(INVALID_REDRIVE, UNAVAILABLE),
        tag="dead letters",
    ),
    Operation(
        "DELETE",
        "/dead-letters",
        "Delete all dead letters for good",
        routes.purge_dead_letters,
        responses={HTTPStatus.OK: Response("How many there were", PurgeModel)},
        errors=(UNAVAILABLE,),
        tag="dead letters",
    ),
)
