"""One spelling for each mailbox, so that limits cannot be passed by other spellings of it.

Limits use it, and who is forgotten: mail goes to the address as it was given. Where two spellings
may be two mailboxes, they count as one all the same.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from types import MappingProxyType

from shared.domain.mail_address import InvalidAddressError, check_address
from shared.domain.subscription import Channel, Subscription

_SAME_DOMAINS: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("googlemail.com",), "gmail.com"),
        **dict.fromkeys(("protonmail.com", "protonmail.ch", "pm.me"), "proton.me"),
        **dict.fromkeys(("me.com", "mac.com"), "icloud.com"),
        **dict.fromkeys(
            ("ya.ru", "yandex.com", "yandex.by", "yandex.kz", "yandex.ua"), "yandex.ru"
        ),
        **dict.fromkeys(("ymail.com", "rocketmail.com"), "yahoo.com"),
        **dict.fromkeys(("fastmail.fm",), "fastmail.com"),
    }
)
"""Domains by which a provider reaches the same mailbox, or may: by that of the most mailboxes."""

_IGNORED: Mapping[str, str] = MappingProxyType(
    {"gmail.com": ".", "proton.me": ".-_", "yandex.ru": ".-"}
)
"""Characters that a provider ignores in the local part, or takes for each other."""

_SUBDOMAINS = ("fastmail.com",)
"""Providers where anything@ada.<domain> reaches ada@<domain>."""

_MANY_PEOPLE = frozenset(
    (
        *(
            "gmail.com",
            "mail.com",
            "proton.me",
            "icloud.com",
            "yandex.ru",
            "fastmail.com",
            "aol.com",
        ),
        *("outlook.com", "msn.com", "mail.ru", "web.de", "t-online.de", "freenet.de", "zoho.com"),
        *("qq.com", "163.com", "126.com", "naver.com", "orange.fr", "free.fr", "laposte.net"),
        *("comcast.net", "verizon.net", "att.net", "libero.it", "seznam.cz", "wp.pl", "o2.pl"),
    )
)
_MANY_PEOPLE_EVERYWHERE = ("yahoo", "hotmail", "live", "outlook", "gmx")
"""Providers with a domain in many countries, as in hotmail.co.uk; nobody else has these names."""

_COUNTRY = 2
_SHORT = 3


def mailbox(address: str) -> str:
    """Return one spelling for a mailbox; raises InvalidAddressError.

    What follows a + is a detail nearly everywhere (RFC 5233), and case does not matter.
    """
    local, domain = check_address(address)
    domain = _SAME_DOMAINS.get(domain, domain)
    for provider in _SUBDOMAINS:
        if domain.endswith(f".{provider}"):
            local, domain = domain.removesuffix(f".{provider}"), provider
    local = unicodedata.normalize("NFKC", local).casefold()
    local = local.partition("+")[0] or local
    if domain.startswith("yahoo."):
        local = local.partition("-")[0] or local
    for character in _IGNORED.get(domain, ""):
        local = local.replace(character, "")
    return f"{local}@{domain}"


def is_to(subscription: Subscription, box: str) -> bool:
    """Whether a subscription sends mail to a mailbox."""
    if subscription.channel is not Channel.EMAIL:
        return False
    try:
        return mailbox(subscription.target) == box
    except InvalidAddressError:  # accepted by an older release
        return False


def owned_domain(address: str) -> str | None:
    """Return the domain whose owner may receive mail for any local part, and any subdomain.

    None at providers where each local part is a person's. Raises InvalidAddressError.
    """
    domain = mailbox(address).rpartition("@")[2]
    labels = domain.split(".")
    is_short = len(labels[-1]) == _COUNTRY and len(labels[-2]) <= _SHORT  # as in co.uk
    owned = ".".join(labels[-3 if is_short else -2 :])
    is_shared = owned in _MANY_PEOPLE or owned.partition(".")[0] in _MANY_PEOPLE_EVERYWHERE
    return None if is_shared else owned
