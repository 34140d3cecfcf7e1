"""The notifier's settings, beside those of every service."""

from __future__ import annotations

import os
import re
import secrets
import socket
from functools import partial
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, BeforeValidator, Field, PrivateAttr, model_validator
from pydantic_settings import NoDecode

from notifier.channels.email.addresses import named_sender
from notifier.channels.email.public_url import check_base, is_here, leads_here
from notifier.channels.email.smtp_url import (
    ADDRESS_LITERAL,
    MAIL_SECONDS,
    SmtpServer,
    ehlo_name,
    smtp_server,
)
from shared.domain.mail_address import InvalidAddressError
from shared.runtime.setting_types import HttpUrl, Name
from shared.runtime.settings import WebSettings
from shared.web.listening import local_url

_LONGEST_NAME = 40


def own_name(host: str, process: int, start: str = "") -> str:
    """Name an instance after its host, process and start, as a queue may be named."""
    name = re.sub(r"[^a-z0-9]+", "-", f"{host}-{process}-{start}".lower()).strip("-")
    return name[-_LONGEST_NAME:].strip("-")


Seconds = Annotated[float, Field(gt=0, le=12 * 3600)]
"""Of a pause: half a day at most."""


def _listed(text: object) -> object:
    return [part.strip() for part in text.split(",")] if isinstance(text, str) else text


def _smtp_url(text: str) -> str:
    smtp_server(text)
    return text


def _mail_from(text: str) -> str:
    try:
        named_sender(text)
    except InvalidAddressError as error:
        raise ValueError(str(error)) from None
    return text


def _never_exists(sender: str) -> bool:
    """Return whether an address is in the domain that is kept free, RFC 2606, section 2."""
    return named_sender(sender).domain.lower().rpartition(".")[2] == "invalid"


class NotifierSettings(WebSettings):
    """Settings of one notifier instance."""

    notifier_instance: Name | None = None
    """Which notifier this is, among those of one shop; its queue is named after it."""

    poll_seconds: Annotated[int, Field(ge=1, le=5)] = 2
    """How long a poll of an empty queue lasts; unless set, 5 with the embedded emulator."""

    heartbeat_seconds: Annotated[float, Field(gt=0, le=300)] = 2
    """How often a stream sends a heartbeat; pages call it stale after 5 s without one."""

    stalled_seconds: Annotated[float, Field(gt=0, le=300)] = 10
    """How long one write to a stream may take before the stream is dropped."""

    ring_size: Annotated[int, Field(ge=4, le=10_000_000)] = 10_000
    """How many recent events a stream can be resumed over."""

    ring_bytes: Annotated[int, Field(ge=2**20, le=2**40)] = 32 * 2**20
    """How many bytes those events may take up together."""

    max_lag: Annotated[int, Field(ge=100, le=10_000_000)] = 1000
    """How many events a reader may fall behind before its stream is dropped."""

    max_streams: Annotated[int, Field(ge=1, le=1_000_000)] = 2000
    """How many streams there may be at once."""

    max_streams_per_client: Annotated[int, Field(ge=1, le=1_000_000)] = 200
    """How many of them one address may have; all guests of a café share one, as do all behind a
    proxy that COFFEE_TRUSTED_PROXIES does not name."""

    live_mark_seconds: Annotated[float, Field(gt=0, le=24 * 3600)] = 60
    """How often a notifier renews its heartbeat, which stands for its live queue."""

    live_look_seconds: Annotated[float, Field(gt=0, le=24 * 3600)] = 300
    """How often, about, it scans for live queues whose notifiers are gone."""

    public_url: Annotated[HttpUrl, AfterValidator(check_base)] | None = None
    """Where the shop is reached from outside, for links in mail.

    A mail server needs it; where mail lands in a folder, it is made of the port if left out."""

    smtp_url: Annotated[str, AfterValidator(_smtp_url)] | None = Field(default=None, repr=False)
    """The mail server, as smtp+starttls://user:password@host:587, smtps:// or smtp://; left out,
    mail lands in a folder."""

    mail_from: Annotated[str, AfterValidator(_mail_from)] = "Coffee shop <shop@coffee.invalid>"
    """Whom mail is from; a mail server wants one of its own addresses here."""

    smtp_ehlo_name: Annotated[str, AfterValidator(ehlo_name)] = ADDRESS_LITERAL
    """What the notifier greets the mail server as: a domain name, or an address literal."""

    subscriptions_per_minute: Annotated[int, Field(ge=0, le=1_000_000)] = 120
    """How many subscriptions, or redeliveries, one client may request in any minute; 0 means
    unbounded."""

    confirmations_per_client: Annotated[int, Field(ge=1, le=1000)] = 60
    """How many subscriptions that one client requests in an hour may be unconfirmed."""

    confirmations_per_client_and_domain: Annotated[int, Field(ge=1, le=100)] = 5
    """How many of them may be mails to one domain."""

    challenges_per_client_and_host: Annotated[int, Field(ge=1, le=100)] = 20
    """How many webhooks at one host one client may have that are not confirmed."""

    confirmations_per_domain: Annotated[int, Field(ge=1, le=1000)] = 30
    """How many confirmation mails of an hour may be unanswered at one domain, whoever asked. Limits
    on domains leave out providers where each address is somebody else's."""

    confirmations_per_mailbox: Annotated[int, Field(ge=1, le=100)] = 3
    """How many confirmation mails of a day may be unanswered at one mailbox, however spelt."""

    confirmation_mails_per_hour: Annotated[int, Field(ge=1, le=10**6)] = 1000
    """How many confirmation mails are sent in an hour in total."""

    confirmation_requests_per_hour: Annotated[int, Field(ge=1, le=10**6)] = 2000
    """How many subscriptions all clients together, without staff, may request in an hour."""

    challenge_seconds: Annotated[float, Field(gt=0, le=30)] = 3
    """How long a webhook may take to answer a challenge."""

    challenge_retry_seconds: Annotated[tuple[Seconds, ...], NoDecode, BeforeValidator(_listed)] = (
        1,
        5,
        30,
        120,
        300,
    )
    """The pauses after each failed challenge; after one more the subscription ends."""

    overdue_seconds: Annotated[float, Field(gt=0, le=24 * 3600)] = 15
    """How long an issue may take to reach the log of deliveries before it is announced again."""

    webhook_seconds: Annotated[float, Field(gt=0, le=30)] = 5
    """How long one attempt to post a webhook may take."""

    retry_seconds: Annotated[tuple[Seconds, ...], NoDecode, BeforeValidator(_listed)] = (
        *(5, 30, 2 * 60, 10 * 60),
        *(30 * 60, 3600, 2 * 3600, 4 * 3600),
    )
    """The pauses after each failed attempt of a delivery; after one more it is given up."""

    deliveries_at_once: Annotated[int, Field(ge=1, le=1000)] = 64
    """How many deliveries are in progress at once, in one notifier."""

    deliveries_per_subscriber: Annotated[int, Field(ge=1, le=100)] = 4
    """How many of them may be for one subscriber."""

    deliveries_per_host: Annotated[int, Field(ge=1, le=1000)] = 16
    """How many of them may go to one host, for all subscribers there."""

    @property
    def own_url(self) -> str:
        """Where links in mail lead to."""
        return (self.public_url or local_url(self.host, self.port)).rstrip("/")

    @property
    def longest_attempt(self) -> float:
        """After how many seconds every attempt has ended, by mail or by webhook."""
        return max(self.webhook_seconds, MAIL_SECONDS) + 2

    keep_mail_days: Annotated[int, Field(ge=1, le=36_500)] = 30
    """How many days mail stays in the folder that it is written to without a server."""

    @property
    def mail_goes_to(self) -> SmtpServer | Path:
        """The mail server, or else the folder that mail lands in."""
        return self.state_dir / "mail" if self.smtp_url is None else smtp_server(self.smtp_url)

    _start: str = PrivateAttr(default_factory=partial(secrets.token_hex, 3))

    @property
    def instance(self) -> str:
        """Its name; each start on AWS has a new one: SQS makes no queue again within 60 s."""
        start = "" if self.uses_emulator else self._start
        return self.notifier_instance or own_name(socket.gethostname(), os.getpid(), start)

    mail_folder: bool = False
    """Lets mail land in a folder even if the orders are in DynamoDB: a container's goes with it."""

    @model_validator(mode="after")
    def _mail_is_kept(self) -> Self:
        on_aws = self.store == "dynamodb" and not self.uses_emulator
        if on_aws and self.smtp_url is None and not self.mail_folder:
            raise ValueError(
                "COFFEE_SMTP_URL is needed with COFFEE_STORE=dynamodb: mail in a container's folder"
                " is lost with it; COFFEE_MAIL_FOLDER=on allows that"
            )
        return self

    @model_validator(mode="after")
    def _mail_from_is_set(self) -> Self:
        if self.smtp_url is not None and "mail_from" not in self.model_fields_set:
            raise ValueError("COFFEE_MAIL_FROM is needed with COFFEE_SMTP_URL")
        if self.smtp_url is not None and _never_exists(self.mail_from):
            raise ValueError("COFFEE_MAIL_FROM must be an address that exists; .invalid never does")
        return self

    @model_validator(mode="after")
    def _links_lead_to_the_shop(self) -> Self:
        """Refuse links that lead readers to their own machines, but not at a mail server here."""
        if self.smtp_url is None:
            return self
        if self.public_url is None or (
            leads_here(self.public_url) and not is_here(smtp_server(self.smtp_url).host)
        ):
            raise ValueError(
                f"COFFEE_PUBLIC_URL: links in mail would lead to {self.own_url}, which is the"
                " reader's own machine; set it to where guests reach the shop, as in"
                " https://coffee.example"
            )
        return self

    @model_validator(mode="after")
    def _lag_fits_in_the_ring(self) -> Self:
        if self.max_lag >= self.ring_size:
            raise ValueError("COFFEE_MAX_LAG must be below COFFEE_RING_SIZE")
        return self

    @model_validator(mode="after")
    def _heartbeats_fit_between_scans(self) -> Self:
        if self.live_look_seconds < 2 * self.live_mark_seconds:
            raise ValueError(
                "COFFEE_LIVE_LOOK_SECONDS must be at least twice COFFEE_LIVE_MARK_SECONDS"
            )
        return self
