"""Forms by which a photo is uploaded to the shop itself, as presigned POSTs lead to S3.

A form's signature stands for the staff key of whoever asked for it: it lets anybody who has the
form upload one item's photo for ten minutes, and nothing else.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from shared.clock import Clock, rfc3339
from shared.domain.photo import LARGEST_UPLOAD
from shared.messages.photo_event import upload_key
from shared.photos.contract import FORM_SECONDS, UploadForm

UPLOADS_PATH = "/photos/uploads"

FIELDS = frozenset({"key", "policy", "signature"})
"""The fields of a form, all of which come before the file."""

_GOOD_FOR = dt.timedelta(seconds=FORM_SECONDS)


FormOf: TypeAlias = Callable[[str, str], Awaitable[UploadForm]]
"""Makes a form for an item, by its id; the shop's own URL is used where the form leads to it."""


class FormRefusedError(Exception):
    """The form is not one of ours, is for another item, or is too old; the text says which."""


@dataclass(frozen=True, slots=True)
class Permission:
    """What a form allows: one file for an item, of `least` to `most` bytes."""

    item_id: str
    least: int
    most: int


class UploadForms:
    """Makes the forms of one shop, and checks those that come back.

    The key of the signature is derived from `secret`, which signs the links in mail too: all
    cashiers of a shop have it in common, and neither signature is good for the other purpose.
    """

    def __init__(self, secret: str, store_id: str, clock: Clock) -> None:
        self._key = hashlib.sha256(b"coffeeshop photo forms\0" + secret.encode()).digest()
        self._store_id = store_id
        self._clock = clock

    def form(self, item_id: str, base: str) -> UploadForm:
        """Make the form for an item; `base` is the shop's own URL as the client calls it."""
        key = upload_key(self._store_id, item_id)
        policy = {
            "item": item_id,
            "key": key,
            "expiration": rfc3339(self._clock() + _GOOD_FOR),
            "size": [1, LARGEST_UPLOAD],
        }
        encoded = base64.b64encode(json.dumps(policy).encode()).decode()
        fields = {"key": key, "policy": encoded, "signature": self._signature(encoded)}
        return UploadForm(base + UPLOADS_PATH, fields)

    def check(self, fields: Mapping[str, str]) -> Permission:
        """Return what a form allows; raises FormRefusedError."""
        encoded = fields["policy"]
        signature = fields["signature"].encode("utf-8", "surrogateescape")
        if not hmac.compare_digest(signature, self._signature(encoded).encode()):
            raise FormRefusedError("the form is not as this shop has signed it")
        policy = json.loads(base64.b64decode(encoded))  # ours, as it is signed
        if fields["key"] != policy["key"]:
            raise FormRefusedError("the form is for another menu item")
        if self._clock() >= dt.datetime.fromisoformat(policy["expiration"]):
            raise FormRefusedError("the form was good for 10 minutes; ask for another one")
        least, most = policy["size"]
        return Permission(policy["item"], least, most)

    def _signature(self, policy: str) -> str:
        return hmac.digest(self._key, policy.encode("utf-8", "surrogateescape"), "sha256").hex()
