"""The kinds of problem that the cashier answers with, and the error behind each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

from producer.dead_letters.service import DeadLetterNotFoundError, DeadLettersLeftError
from producer.http.versions import CHANGED_MEANWHILE
from producer.menu.service import CurrencyFixedError, NoSuchVersionError, UnreadableVersionError
from producer.orders.errors import (
    KeyReusedError,
    NotCancelableError,
    NotCollectableError,
    NotCompletableError,
    NotInTimeError,
    NotReleasableError,
    NotRemakableError,
    OrderNotFoundError,
    ShopClosedError,
    TooBusyError,
)
from producer.photos.files import TooManyReadsError
from producer.photos.forms import FormRefusedError
from producer.photos.service import NoPhotoError, NothingHeldError
from producer.photos.uploads import TooManyUploadsError, UploadSizeError
from shared.aws.batcher import EntryFailedError
from shared.clock import utc_now
from shared.domain.errors import FieldError, NotOnTheMenuError, UnavailableError
from shared.domain.staff import NameTakenError, TooManyKeysError
from shared.store.contract import InvalidCursorError
from shared.store.document_contract import DocumentChangedError
from shared.web.body import CLOSE_CONNECTION
from shared.web.idempotency import KEY_REUSED
from shared.web.problem import (
    CONTENT_TOO_LARGE,
    INVALID_REQUEST,
    NOT_FOUND,
    TOO_BUSY,
    UNAVAILABLE,
    Problem,
    ProblemKind,
)

INVALID_ORDER = ProblemKind(
    "invalid-order", HTTPStatus.UNPROCESSABLE_ENTITY, "The order is not valid"
)
INVALID_SETTING = ProblemKind(
    "invalid-setting", HTTPStatus.UNPROCESSABLE_ENTITY, "The setting is not valid"
)
INVALID_MENU = ProblemKind("invalid-menu", HTTPStatus.UNPROCESSABLE_ENTITY, "The menu is not valid")
INVALID_REDRIVE = ProblemKind(
    "invalid-redrive", HTTPStatus.UNPROCESSABLE_ENTITY, "The redrive is not valid"
)
INVALID_FORGETTING = ProblemKind(
    "invalid-forgetting", HTTPStatus.UNPROCESSABLE_ENTITY, "It does not say whom to forget"
)
INVALID_STAFF_KEY = ProblemKind(
    "invalid-staff-key", HTTPStatus.UNPROCESSABLE_ENTITY, "The staff key is not valid"
)
NAME_TAKEN = ProblemKind("name-taken", HTTPStatus.CONFLICT, "A staff key has that name")
TOO_MANY_STAFF_KEYS = ProblemKind(
    "too-many-staff-keys", HTTPStatus.CONFLICT, "There are too many staff keys"
)
NOT_ON_THE_MENU = ProblemKind(
    "not-on-the-menu", HTTPStatus.UNPROCESSABLE_ENTITY, "The shop does not sell that now"
)
NOT_CANCELABLE = ProblemKind(
    "order-not-cancelable", HTTPStatus.CONFLICT, "The order cannot be canceled any more"
)
NOT_COLLECTABLE = ProblemKind(
    "order-not-collectable", HTTPStatus.CONFLICT, "The order cannot be collected"
)
NOT_COMPLETABLE = ProblemKind(
    "not-completable", HTTPStatus.CONFLICT, "The order cannot be completed"
)
NOT_RELEASABLE = ProblemKind(
    "not-releasable", HTTPStatus.CONFLICT, "The order cannot be put back in line"
)
NOT_REMAKABLE = ProblemKind("not-remakable", HTTPStatus.CONFLICT, "The order cannot be remade")
INVALID_MOVE = ProblemKind(
    "invalid-move", HTTPStatus.UNPROCESSABLE_ENTITY, "The body does not say what to do"
)
NO_PHOTO_HELD = ProblemKind(
    "no-photo-held", HTTPStatus.CONFLICT, "No photo waits for a person's consent"
)
INVALID_FORM = ProblemKind("invalid-form", HTTPStatus.UNPROCESSABLE_ENTITY, "The form is not valid")
FORM_REFUSED = ProblemKind(
    "form-refused", HTTPStatus.FORBIDDEN, "The form is not good for this upload"
)
PHOTO_NOT_TAKEN = ProblemKind(
    "photo-not-taken", HTTPStatus.SERVICE_UNAVAILABLE, "The photo cannot be taken now"
)
SHOP_CLOSED = ProblemKind("shop-closed", HTTPStatus.CONFLICT, "The shop takes no orders now")

_RETRY_SECONDS = 5
"""How soon to try again what failed because something was unavailable."""


def _unavailable(_: Exception) -> Problem:
    detail = "the store, a queue or a topic is unavailable; try again"
    return Problem(UNAVAILABLE, detail, retry_after=_RETRY_SECONDS)


def _wrong_size(error: UploadSizeError) -> Problem:
    kind = CONTENT_TOO_LARGE if error.too_large else INVALID_FORM
    return Problem(kind, str(error), headers=CLOSE_CONNECTION)


def _closed(error: ShopClosedError) -> Problem:
    wait = None if error.until is None else (error.until - utc_now()).total_seconds()
    return Problem(SHOP_CLOSED, str(error), retry_after=wait)


CASHIER_PROBLEMS: Mapping[type[Exception], Callable[[Any], Problem]] = MappingProxyType(
    {
        OrderNotFoundError: lambda _: Problem(NOT_FOUND, "no order is known under that id"),
        DeadLetterNotFoundError: lambda _: Problem(
            NOT_FOUND, "no dead letter is known under that id"
        ),
        DeadLettersLeftError: lambda error: Problem(
            UNAVAILABLE, str(error), retry_after=_RETRY_SECONDS
        ),
        KeyReusedError: lambda _: Problem(
            KEY_REUSED,
            "another order was placed under this key, or its customer is forgotten; use a new one",
        ),
        NotOnTheMenuError: lambda error: Problem(
            NOT_ON_THE_MENU, str(error), field_errors=error.field_errors
        ),
        NotCancelableError: lambda error: Problem(NOT_CANCELABLE, str(error)),
        NotCollectableError: lambda error: Problem(NOT_COLLECTABLE, str(error)),
        NotCompletableError: lambda error: Problem(NOT_COMPLETABLE, str(error)),
        NotReleasableError: lambda error: Problem(NOT_RELEASABLE, str(error)),
        NotRemakableError: lambda error: Problem(NOT_REMAKABLE, str(error)),
        ShopClosedError: _closed,
        TooBusyError: lambda error: Problem(TOO_BUSY, str(error), retry_after=error.retry_after),
        DocumentChangedError: lambda error: Problem(
            CHANGED_MEANWHILE, f"{error}: read it again, and change that"
        ),
        NameTakenError: lambda error: Problem(NAME_TAKEN, str(error)),
        TooManyKeysError: lambda error: Problem(TOO_MANY_STAFF_KEYS, str(error)),
        CurrencyFixedError: lambda error: Problem(
            INVALID_MENU, str(error), field_errors=[FieldError(("currency",), str(error))]
        ),
        NoSuchVersionError: lambda _: Problem(NOT_FOUND, "the menu never had that version"),
        UnreadableVersionError: lambda _: Problem(
            INVALID_MENU, "another release has made that version, and this one cannot read it"
        ),
        NoPhotoError: lambda _: Problem(NOT_FOUND, "there never was a photo of that item"),
        NothingHeldError: lambda _: Problem(
            NO_PHOTO_HELD, "there is no such photo, or a later one took its place"
        ),
        FormRefusedError: lambda error: Problem(FORM_REFUSED, str(error), headers=CLOSE_CONNECTION),
        TooManyUploadsError: lambda error: Problem(
            PHOTO_NOT_TAKEN, str(error), retry_after=_RETRY_SECONDS, headers=CLOSE_CONNECTION
        ),
        UploadSizeError: _wrong_size,
        TooManyReadsError: lambda error: Problem(TOO_BUSY, str(error), retry_after=_RETRY_SECONDS),
        InvalidCursorError: lambda error: Problem(INVALID_REQUEST, str(error)),
        UnavailableError: _unavailable,
        EntryFailedError: _unavailable,
        NotInTimeError: lambda _: Problem(
            UNAVAILABLE,
            "placing the order took too long; under the same Idempotency-Key it is placed once",
            retry_after=_RETRY_SECONDS,
        ),
    }
)
