"""Settings of every service, read once from `COFFEE_*` in its `__main__`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.runtime.setting_types import (
    DEFAULT_PORT,
    BucketUrl,
    Descriptor,
    HttpUrl,
    LocalPath,
    LogLevel,
    Name,
    NamePrefix,
    Networks,
    OwnPort,
    TableName,
    Timezone,
)
from shared.tracing.process import Traces, can_be_traced


class StoreKind(StrEnum):
    """Where orders are stored."""

    SQLITE = "sqlite"
    DYNAMODB = "dynamodb"


class LogFormat(StrEnum):
    """The format of log lines; `auto` is `console` on a terminal, else `json`."""

    AUTO = "auto"
    JSON = "json"
    CONSOLE = "console"


EMULATORS_REGION = "us-east-1"
"""Also AWS's, where nobody names another."""

_REGION_VARIABLES = ("AWS_REGION", "AWS_DEFAULT_REGION")


def _users_region(known: Mapping[str, object]) -> str:
    names = () if _is_emulator(known.get("aws_endpoint_url")) else _REGION_VARIABLES
    return next((os.environ[name] for name in names if os.environ.get(name)), EMULATORS_REGION)


def _is_emulator(endpoint: object) -> bool:
    return str(endpoint or "").startswith("http://")


def _traceable(traces: Traces) -> Traces:
    if traces is not Traces.OFF and not can_be_traced():
        raise ValueError("needs OpenTelemetry: pip install 'coffeeshop[otel]'")
    return traces


class ServiceSettings(BaseSettings):
    """Settings that every service has."""

    model_config = SettingsConfigDict(
        env_prefix="COFFEE_",
        env_ignore_empty=True,
        frozen=True,
        extra="ignore",
        allow_inf_nan=False,
    )

    host: str = "127.0.0.1"
    """The address to listen on; `0.0.0.0` is all of IPv4."""

    port: OwnPort = DEFAULT_PORT
    """The port for customers; 0 is any free one."""

    state_dir: LocalPath = Path("var")
    """The folder of orders, photos, staff key, mail and the emulator's queues."""

    store: StoreKind = StoreKind.SQLITE
    """Where orders are recorded: `sqlite`, in the state folder, or `dynamodb`."""

    keep_orders_days: Annotated[int, Field(ge=1, le=36_500)] = 30
    """How many days after its placing a closed order is deleted; in DynamoDB that is decided when
    the order is closed."""

    table: TableName | None = None
    """The table of DynamoDB, `<prefix>coffee-shop` when left out; a restore makes a new one."""

    photos: BucketUrl | None = None
    """A bucket of S3 for photos, as in `s3://coffee-photos`; the state folder when left out."""

    store_id: Name = "main"
    """The name of this shop, where several share a store."""

    timezone: Timezone = "UTC"
    """The zone of opening hours and business days, with which order numbers restart (IANA name)."""

    aws_endpoint_url: HttpUrl | None = None
    """Where SQS, SNS and DynamoDB are; AWS itself when left out."""

    aws_access_key_id: str | None = Field(default=None, repr=False)
    """With `aws_secret_access_key`, in place of the user's AWS credentials."""

    aws_secret_access_key: str | None = Field(default=None, repr=False)
    """With `aws_access_key_id`."""

    aws_region: str = Field(default_factory=_users_region)
    """The region of SQS, SNS and DynamoDB; left out, AWS_REGION says it, as it does on ECS, or
    AWS_DEFAULT_REGION. An emulator's is us-east-1: of the user's nothing is read there."""

    name_prefix: NamePrefix = ""
    """Prefix of every queue, topic and table, so that shops can share an account."""

    provision: bool = True
    """Whether the shop creates its queues and topics; `off` where a template has deployed them."""

    log_format: LogFormat = LogFormat.AUTO
    """`console`, `json`, or `auto`: the first on a terminal, the other elsewhere."""

    log_level: LogLevel = "INFO"
    """The least level that is logged: DEBUG, INFO, WARNING, ERROR or CRITICAL."""

    log_buffer_kib: Annotated[int, Field(ge=1, le=1024 * 1024)] = 1024
    """KiB of log lines that may wait for their reader; what does not fit is dropped and counted."""

    traces: Annotated[Traces, AfterValidator(_traceable)] = Traces.OFF
    """`otlp` sends traces to the collector that `OTEL_*` name; `off` loads nothing for them."""

    grace_seconds: Annotated[float, Field(ge=0, le=120)] = 20
    """How long a service may take to finish its work when it is asked to stop."""

    lifeline_fd: Descriptor | None = None
    """A pipe that the parent process holds open: it closes when the parent ends."""

    watchdog_fd: Descriptor | None = None
    """A pipe on which the parent process expects a report of this one every second."""

    state_is_made: bool = False
    """Whether the parent process has made state folder and store: none is made in their place."""

    @model_validator(mode="after")
    def _credentials_are_whole(self) -> Self:
        if bool(self.aws_access_key_id) != bool(self.aws_secret_access_key):
            raise ValueError(
                "COFFEE_AWS_ACCESS_KEY_ID and COFFEE_AWS_SECRET_ACCESS_KEY must be set together"
            )
        return self

    @property
    def uses_emulator(self) -> bool:
        """Whether SQS, SNS and DynamoDB are an emulator's: it alone has an endpoint without TLS."""
        return _is_emulator(self.aws_endpoint_url)

    @property
    def sqlite_path(self) -> Path:
        """The file of the embedded order store."""
        return self.state_dir / "orders.sqlite3"

    @property
    def photos_bucket(self) -> str | None:
        """The name of the bucket of photos; None when they are in `photos_dir`."""
        return self.photos and self.photos.removeprefix("s3://")

    @property
    def photos_dir(self) -> Path:
        """The folder of photos, where they are not in S3."""
        return self.state_dir / "photos"


class WebSettings(ServiceSettings):
    """Settings of a service that serves HTTP."""

    staff_key: str | None = Field(default=None, repr=False)
    """Opens the staff routes; made and kept in the state folder when left out."""

    staff_key_old: str | None = Field(default=None, repr=False)
    """Opens them too, until all have changed over to `staff_key`."""

    public_url: HttpUrl | None = None
    """Where customers reach the shop: the base of links in mail, and a host that it answers to."""

    allow_loopback_webhooks: bool = False
    """Allows webhooks to this machine, by http too: for development."""

    trusted_proxies: Networks = ()
    """Networks, separated by commas, whose X-Forwarded-For is trusted: a load balancer's."""

    watch_broker: bool = False
    """Whether to watch for restarts of SQS and SNS, an emulator that keeps them in memory."""

    keep_alive_seconds: Annotated[float, Field(ge=1, le=4000)] = 28
    """How long a connection may wait for a request, for longer than a load balancer in front of
    the service keeps it: one that we close may be bringing a request."""

    deregistration_seconds: Annotated[float, Field(ge=0, le=60)] = 0
    """How long a service goes on taking connections once it is asked to stop: until no load
    balancer sends it requests any more."""

    max_connections: Annotated[int, Field(ge=8, le=1_000_000)] = 5000
    """How many connections may be open at once, as far as the limit on descriptors allows."""

    max_connections_per_client: Annotated[int, Field(ge=1, le=1_000_000)] = 1250
    """How many of them one address may have, unless it is a trusted proxy's."""

    requests_per_second: Annotated[float, Field(ge=0, le=1_000_000)] = 200
    """How many requests one client may send without the staff key, of any kind; 0 means
    unbounded. After a pause it may send those of five seconds at once."""

    wrong_keys_per_minute: Annotated[int, Field(ge=0, le=1000)] = 20
    """How many wrong keys or tokens one client may show in any minute; 0 means unbounded."""

    listen_fd: Descriptor | None = None
    """A listening socket inherited from the parent; without one, the service binds the port."""

    @model_validator(mode="after")
    def _what_is_watched_may_be_restored(self) -> Self:
        if self.watch_broker and not self.provision:
            raise ValueError(
                "COFFEE_WATCH_BROKER restores queues and topics, and COFFEE_PROVISION=off leaves"
                " them to a template: turn one of them off"
            )
        return self
