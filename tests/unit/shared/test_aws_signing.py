"""Our signature is botocore's for the same headers, whatever is signed, and when."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import pytest
from botocore import auth
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import NoCredentialsError
from hypothesis import given
from hypothesis import strategies as st

from shared.aws.requests.signing import LeanSigV4

URL = "http://127.0.0.1:4566/"
HEADERS = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "AmazonSQS.SendMessage"}


class Noon(dt.datetime):
    """A clock that stands still."""

    @classmethod
    def now(cls, tz: dt.tzinfo | None = None) -> Noon:
        return cls(2026, 7, 1, 12, tzinfo=tz)


@pytest.fixture(autouse=True)
def _at_noon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dt, "datetime", Noon)
    monkeypatch.setattr(auth, "get_current_datetime", lambda: Noon.now(dt.UTC))


def signed(
    cls: type[SigV4Auth], token: str | None = None, region: str = "eu-west-1", **request: Any
) -> Mapping[str, str]:
    wanted = AWSRequest(method="POST", **{"url": URL, "headers": HEADERS, "data": b"{}", **request})
    credentials = Credentials("AKIDEXAMPLE", "secret", token)
    cls(credentials, "sqs", region).add_auth(wanted)
    return dict(wanted.headers)


@pytest.mark.parametrize(
    "request_",
    [
        {},
        {"token": "a-session"},
        {"region": "us-east-1"},
        {"url": "https://sqs.eu-west-1.amazonaws.com/"},
        {"url": "https://sqs.eu-west-1.amazonaws.com:443/000000000000/orders"},
        {"url": "http://[::1]:4566"},
        {"url": "http://localhost:80/?Action=SendMessage&A=b"},
        {"data": b""},
        {"data": {"Action": "Publish", "Message": "ü & +"}},
        {"headers": {"X-Amz-Note": "  two   blanks "}},
    ],
)
def test_it_is_botocores(request_: Mapping[str, Any]) -> None:
    assert signed(LeanSigV4, **request_) == signed(SigV4Auth, **request_)


@given(st.binary(), st.text(st.characters(min_codepoint=33, max_codepoint=126)))
def test_it_is_botocores_for_any_body_and_value(body: bytes, value: str) -> None:
    headers = {**HEADERS, "X-Amz-Target": value}
    wanted = signed(SigV4Auth, data=body, headers=headers)
    assert signed(LeanSigV4, data=body, headers=headers) == wanted


def test_a_request_that_is_tried_again_has_one_signature() -> None:
    request = AWSRequest(method="POST", url=URL, headers=HEADERS, data=b"{}")
    signer = LeanSigV4(Credentials("AKIDEXAMPLE", "secret", "a-session"), "sqs", "eu-west-1")
    signer.add_auth(request)
    first = list(request.headers.items())
    signer.add_auth(request)
    assert sorted(request.headers.items()) == sorted(first)


def test_without_credentials_nothing_is_signed() -> None:
    nobody: Any = None
    with pytest.raises(NoCredentialsError):
        LeanSigV4(nobody, "sqs", "eu-west-1").add_auth(AWSRequest(method="POST", url=URL))


def test_headers_that_need_no_signature_stay_as_they_are() -> None:
    headers = {**HEADERS, "User-Agent": "coffeeshop", "amz-sdk-request": "attempt=1"}
    found = signed(LeanSigV4, headers=headers)
    assert found["User-Agent"] == "coffeeshop"
    assert "SignedHeaders=content-type;host;x-amz-date;x-amz-target," in found["Authorization"]
