"""Our signatures are verified by the library that Standard Webhooks gives receivers."""

from __future__ import annotations

import base64
import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from notifier.channels.webhook.sender import signature_headers
from shared.clock import utc_now
from shared.domain.subscription import SigningSecret
from shared.domain.tokens import new_signing_secret


def test_a_secret_is_new_each_time_and_as_long_as_the_specification_requires() -> None:
    made = {new_signing_secret() for _ in range(100)}
    assert len(made) == 100
    for secret in made:
        prefix, _, key = secret.partition("_")
        assert prefix == "whsec"
        assert 24 <= len(base64.b64decode(key, validate=True)) <= 64


@given(st.text(min_size=1).filter(str.strip), st.text())
def test_every_receiver_with_one_of_the_secrets_can_verify(event_id: str, body: str) -> None:
    secrets = [new_signing_secret(), new_signing_secret()]
    headers = dict(
        signature_headers(event_id, body.encode(), utc_now(), map(SigningSecret, secrets))
    )
    for secret in secrets:
        Webhook(secret).verify(body.encode(), headers, json_parse=False)
    with pytest.raises(WebhookVerificationError):
        Webhook(new_signing_secret()).verify(body.encode(), headers, json_parse=False)
    with pytest.raises(WebhookVerificationError):
        Webhook(secrets[0]).verify(body.encode() + b" ", headers, json_parse=False)


def test_the_signature_is_that_of_the_specification() -> None:
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    at = dt.datetime.fromtimestamp(1614265330.9, dt.UTC)
    headers = signature_headers(
        "msg_p5jXN8AQM9LWM0D4loKWxJek", b'{"test": 2432232314}', at, [SigningSecret(secret)]
    )
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
