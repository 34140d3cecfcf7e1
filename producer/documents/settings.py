"""The settings of the shop as JSON: how the store keeps them, and how they are sent."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from shared.web.fields import WHOLE, Body, VisibleText, printable_lines

Language = Literal["en", "de"]
NOT_COLLECTED = "Not collected"
"""The reason of ours that is for ready orders alone."""

Minutes = Annotated[int, Field(ge=1, le=24 * 60), WHOLE]


def _each_once(entries: list[str]) -> list[str]:
    if len(set(entries)) < len(entries):
        raise PydanticCustomError("repeated_entry", "No entry should be there twice")
    return entries


class SettingsDocument(Body):
    """What the owner sets for the whole shop.

    `ready_shown_minutes` is how long a ready order stays on the board. An order's card in the
    kitchen is marked after `kitchen_warn_minutes`, and again after `kitchen_late_minutes`.
    """

    name: Annotated[VisibleText, Field(max_length=80)] = "Coffee shop"
    address: Annotated[str, Field(max_length=300), AfterValidator(printable_lines)] = ""
    languages: Annotated[
        list[Language],
        Field(min_length=1, max_length=2, json_schema_extra={"uniqueItems": True}),
        AfterValidator(_each_once),
    ] = Field(default=["en", "de"])
    cancel_reasons: Annotated[
        list[Annotated[VisibleText, Field(max_length=200)]],
        Field(max_length=20, json_schema_extra={"uniqueItems": True}),
        AfterValidator(_each_once),
    ] = Field(default=["Sold out", NOT_COLLECTED, "Wish of the customer"])
    ready_shown_minutes: Minutes = 120
    kitchen_warn_minutes: Minutes = 3
    kitchen_late_minutes: Annotated[Minutes, Field(validate_default=True)] = 5

    @field_validator("kitchen_late_minutes")
    @classmethod
    def _not_before_the_warning(cls, late: int, info: ValidationInfo) -> int:
        if late < info.data.get("kitchen_warn_minutes", late):
            raise PydanticCustomError(
                "late_before_warning", "This should not be less than kitchen_warn_minutes"
            )
        return late


def parse_settings(body: str) -> SettingsDocument:
    """Parse a recorded body; what a newer release has added is left out."""
    return SettingsDocument.model_validate_json(body, extra="ignore")
