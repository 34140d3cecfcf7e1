"""Only addresses on the Internet are public, however a private one is written."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.ip_address import is_loopback, is_public, parse
from shared.domain.webhook_url import WebhookUrlRules
from tests.support.forbidden_addresses import FORBIDDEN, PUBLIC


def test_there_are_addresses_of_every_kind_to_refuse() -> None:
    assert len(set(FORBIDDEN)) >= 60


@pytest.mark.parametrize("text", FORBIDDEN)
def test_it_is_not_public(text: str) -> None:
    assert not is_public(ipaddress.ip_address(text))


@pytest.mark.parametrize("text", PUBLIC)
def test_it_is_public(text: str) -> None:
    assert is_public(ipaddress.ip_address(text))


@given(st.ip_addresses(v=4) | st.ip_addresses(v=6))
def test_whatever_is_public_is_so_for_python_as_well(address: IPv4Address | IPv6Address) -> None:
    if is_public(address):
        assert address.is_global
        assert not address.is_multicast
        assert not address.is_reserved
        assert not address.is_link_local


_EMBEDDINGS: dict[str, Callable[[int, int], int]] = {
    "mapped": lambda v4, _: 0xFFFF << 32 | v4,
    "compatible": lambda v4, _: v4,
    "translated": lambda v4, _: 0xFFFF << 48 | v4,
    "NAT64": lambda v4, _: 0x64FF9B << 96 | v4,
    "local NAT64": lambda v4, rest: 0x64FF9B0001 << 80 | (rest & 0xFFFF_FFFF) << 32 | v4,
    "6to4": lambda v4, rest: 0x2002 << 112 | v4 << 80 | rest & (2**80 - 1),
    "Teredo": lambda v4, rest: 0x20010000 << 96 | (rest & (2**64 - 1)) << 32 | v4 ^ 0xFFFF_FFFF,
    "ISATAP": lambda v4, rest: (rest & (2**64 - 1)) << 64 | 0x5EFE << 32 | v4,
}


@pytest.mark.parametrize("embedding", _EMBEDDINGS)
@given(st.integers(0, 2**32 - 1), st.integers(0, 2**80 - 1))
def test_no_embedded_address_is_public_or_loopback(embedding: str, v4: int, rest: int) -> None:
    address = IPv6Address(_EMBEDDINGS[embedding](v4, rest))
    assert not is_public(address)
    assert not is_loopback(address) or address == IPv6Address("::1")


@pytest.mark.parametrize("text", FORBIDDEN)
def test_loopback_is_the_only_thing_that_can_be_allowed_in_addition(text: str) -> None:
    address = ipaddress.ip_address(text)
    assert not WebhookUrlRules().allows(address)
    loopback = text == "::1" or text.startswith("127.")
    assert WebhookUrlRules(allow_loopback=True).allows(address) is loopback


@pytest.mark.parametrize(
    "text", ["", "localhost", "127.1", "0177.0.0.1", "2600::1%eth0", "1.1.1.1 "]
)
def test_another_notation_is_not_an_address(text: str) -> None:
    assert parse(text) is None
