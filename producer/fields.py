"""What the fields of an order may hold, beyond their types; each refusal says what should be."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from pydantic_core import PydanticCustomError

from shared.domain.mail_address import InvalidAddressError, check_address
from shared.web.fields import PrintableText, VisibleText


def no_modifier_twice(modifiers: list[str]) -> list[str]:
    """Pass a list on in which every modifier is there once."""
    if len(set(modifiers)) < len(modifiers):
        raise PydanticCustomError("repeated_modifier", "No modifier should be there twice")
    return modifiers


def mail_address(text: str) -> str:
    """Pass an address on that mail may be sent to."""
    try:
        check_address(text)
    except InvalidAddressError as error:
        raise PydanticCustomError("invalid_address", "{why}", {"why": str(error)}) from None
    return text


Id = PrintableText
Note = Annotated[PrintableText, Field(max_length=200)]
Name = Annotated[VisibleText, Field(max_length=80)]
