"""The types of settings: what values they take, and what is said of others."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import SplitResult, urlsplit, urlunsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, Field, IPvAnyNetwork
from pydantic_settings import NoDecode

from shared.domain.domain_name import InvalidDomainError, ascii_domain
from shared.runtime.validation import Matching


def _known_timezone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:  # a folder's name: America
        message = f"no time zone is called {name!r}"
        raise ValueError(message) from error
    return name


def _http_url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("should be a URL, as in http://127.0.0.1:4566")
    return text if parts.netloc.isascii() else urlunsplit(parts._replace(netloc=_ascii(parts)))


def _ascii(parts: SplitResult) -> str:
    """Write the host in ASCII: a URL stands in headers of mail as well."""
    try:
        host = ascii_domain(parts.hostname or "")
    except InvalidDomainError:
        raise ValueError("should have a domain name, as in https://coffee.example") from None
    return host if parts.port is None else f"{host}:{parts.port}"


def _no_service_link(value: object) -> object:
    if isinstance(value, str) and value.startswith(("tcp://", "udp://", "sctp://")):
        raise ValueError("was set by Kubernetes, for a service of that name; set it yourself")
    return value


def _own_port(value: object) -> object:
    """Kubernetes sets COFFEE_PORT for a service called coffee: nobody has chosen that port."""
    try:
        return _no_service_link(value)
    except ValueError:
        return DEFAULT_PORT


def _expanded(path: Path) -> Path:
    try:
        return path.expanduser()
    except RuntimeError:
        raise ValueError(f"there is no home folder for {path.parts[0]!r}") from None


def _no_crawl(speed: float) -> float:
    if 0 < speed < SLOWEST_BREWING:
        raise ValueError(f"should be 0, or at least {SLOWEST_BREWING}")
    return speed


def _bucket_url(text: str) -> str:
    if not _BUCKET_URL.fullmatch(text):
        raise ValueError("should be a bucket of S3, as in s3://coffee-photos")
    return text


def _listed(text: object) -> object:
    return [part.strip() for part in text.split(",")] if isinstance(text, str) else text


def _upper(level: object) -> object:
    return level.upper() if isinstance(level, str) else level


LogLevel = Annotated[
    Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"], BeforeValidator(_upper)
]
Name = Annotated[
    str, Matching(r"[a-z0-9][a-z0-9-]{0,39}", "1 to 40 of a-z, 0-9 and -, the first no -")
]
NamePrefix = Annotated[str, Matching(r"[a-z0-9-]{0,30}", "up to 30 of a-z, 0-9 and -")]
TableName = Annotated[
    str, Matching(r"[a-zA-Z0-9_.-]{3,255}", "3 to 255 of a-z, A-Z, 0-9, _, . and -")
]
"""The names of tables: Amazon DynamoDB Developer Guide, "Naming rules"."""

HttpUrl = Annotated[str, AfterValidator(_http_url)]
BucketUrl = Annotated[str, AfterValidator(_bucket_url)]
Timezone = Annotated[str, AfterValidator(_known_timezone)]
Networks = Annotated[tuple[IPvAnyNetwork, ...], NoDecode, BeforeValidator(_listed)]
"""Networks, separated by commas."""

Port = Annotated[int, Field(ge=0, le=65535), BeforeValidator(_no_service_link)]
OwnPort = Annotated[Port, BeforeValidator(_own_port)]
LocalPath = Annotated[Path, AfterValidator(_expanded)]
"""A path on this machine: `~` is the home folder here too, where no shell has read it."""

BrewSpeed = Annotated[float, Field(ge=0, le=1_000_000), AfterValidator(_no_crawl)]

Descriptor = Annotated[int, Field(ge=0, le=2**20)]
"""An open file that the parent process passes on; nobody else sets these."""

_BUCKET_URL = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
"""The names of buckets: Amazon S3 User Guide, "General purpose bucket naming rules"."""

DEFAULT_PORT = 8080
SLOWEST_BREWING = 0.001
LONGEST_SECONDS = 366 * 24 * 3600.0
"""More would be beyond what dates can hold."""
