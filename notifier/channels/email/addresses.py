"""Mail addresses as headers have them."""

from __future__ import annotations

from email.headerregistry import Address
from email.utils import parseaddr

from shared.domain.mail_address import InvalidAddressError, check_address


def recipient(text: str) -> Address:
    """Write an address for a header, its domain in ASCII (RFC 5891).

    The part before the @ stays as it is, and may need SMTPUTF8 (RFC 6531). Raises
    InvalidAddressError.
    """
    return _address("", text)


def named_sender(text: str) -> Address:
    """Read `Coffee shop <coffee@shop.example>`, or an address alone; raises InvalidAddressError."""
    name, address = parseaddr(text)
    if not text.isprintable() or not address.isascii():
        raise InvalidAddressError("should be an address, as in Coffee shop <coffee@shop.example>")
    return _address(" ".join(name.split()), address)


def _address(name: str, text: str) -> Address:
    local, domain = check_address(text)
    return Address(name, local, domain)
