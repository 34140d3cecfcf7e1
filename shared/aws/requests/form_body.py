"""The body of a request to SNS, encoded once: botocore encodes the form three times for each."""

from __future__ import annotations

from typing import Any

from botocore.hooks import BaseEventHooks
from yarl import URL


def encode_forms_once(events: BaseEventHooks) -> None:
    """Give a client's requests their form as bytes, before botocore signs and sends them."""
    events.register("before-call.sns", _encode)


def _encode(params: dict[str, Any], **_: object) -> None:
    if isinstance(params["body"], dict):
        # Not urllib's urlencode, which takes each byte through Python.
        params["body"] = URL.build(query=params["body"]).raw_query_string.encode()
