"""The menu as a document: one schema for the YAML file, for JSON over HTTP, and for the store."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo
from pydantic_core import PydanticCustomError

from shared.domain.menu import Allergen, Choice, Menu, MenuItem, Modifier
from shared.domain.order import Serve
from shared.domain.tax import UNTAXED, Rounding, TaxRates, TaxRules, parse_rate, show_rate
from shared.runtime.validation import Matching
from shared.web.fields import WHOLE, Body, VisibleText, printable_lines


def _flag(value: object, info: ValidationInfo) -> object:
    """Take YAML's `true` and `false` for what they are: there, our reader sees text."""
    if info.mode == "python" and isinstance(value, str):
        return {"true": True, "false": False}.get(value, value)
    return value


def _percent(value: object, info: ValidationInfo) -> object:
    return str(value) if info.mode == "python" and type(value) is int else value


def _rate(text: str) -> str:
    try:
        return show_rate(parse_rate(text))
    except ValueError as error:
        raise PydanticCustomError(
            "no_rate", "This is no rate: {why}", {"why": str(error)}
        ) from None


Id = Annotated[
    str, Matching(r"[a-z0-9][a-z0-9-]{0,39}", "1 to 40 of a-z, 0-9 and -, the first no -")
]
Label = Annotated[VisibleText, Field(max_length=80)]
Lines = Annotated[str, Field(max_length=200), AfterValidator(printable_lines)]
Price = Annotated[int, Field(ge=0, le=1_000_000), WHOLE]
Rate = Annotated[
    str,
    Field(json_schema_extra={"pattern": r"^(0|[1-9][0-9]?|100)(\.[0-9]{1,3})?$"}),
    BeforeValidator(_percent),
    AfterValidator(_rate),
]
Allergens = Annotated[list[Annotated[Allergen, Field(strict=False)]], Field(max_length=14)]


class TaxClassDocument(Body):
    """The rates of a kind of goods in percent, as in "19" or "8.875"."""

    here: Rate
    away: Rate


class TaxDocument(Body):
    """How tax is charged. `serve` is what holds for orders that do not say it."""

    prices_include_tax: Annotated[bool, BeforeValidator(_flag)] = True
    rounding: Annotated[Rounding, Field(strict=False)] = Rounding.HALF_UP
    serve: Annotated[Serve, Field(strict=False)] = Serve.AWAY
    classes: Annotated[dict[Id, TaxClassDocument], Field(min_length=1, max_length=20)]


class ModifierDocument(Body):
    """What an item may be ordered with; the price is added to that of the size.

    Whoever chooses it has an item without the allergens that it `replaces` (its traces stay).
    Pages offer one of a `group` at a time.
    """

    name: Label
    price: Price
    allergens: Allergens = Field(default=[])
    may_contain: Allergens = Field(default=[])
    replaces: Allergens = Field(default=[])
    group: Id | None = None


class ItemDocument(Body):
    """Something to order. Sizes have prices, `may_contain` is traces, `tax` is a tax class."""

    name: Label
    description: Lines = ""
    category: Id
    prep_seconds: Annotated[int, Field(ge=1, le=3600), WHOLE]
    sizes: Annotated[dict[Id, Price], Field(min_length=1, max_length=20)]
    modifiers: Annotated[list[Id], Field(max_length=50)] = Field(default=[])
    allergens: Allergens = Field(default=[])
    may_contain: Allergens = Field(default=[])
    notes: Lines = ""
    tax: Id | None = None


class MenuDocument(Body):
    """The menu: what is sold, in this order, at prices in minor units of a currency."""

    currency: Annotated[str, Matching(r"[A-Z]{3}", "3 capital letters, as in USD")]
    tax: TaxDocument | None = None
    sizes: Annotated[dict[Id, Label], Field(max_length=100)]
    modifiers: Annotated[dict[Id, ModifierDocument], Field(max_length=100)] = Field(default={})
    items: Annotated[dict[Id, ItemDocument], Field(min_length=1, max_length=500)]

    def json_text(self) -> str:
        """Write it as the store keeps it; equal menus are written alike."""
        return self.model_dump_json(exclude_defaults=True)

    @cached_property
    def menu(self) -> Menu:
        """The menu that it describes; `faults` has found none in it."""
        rules = _tax_rules(self.tax)
        modifiers = {
            modifier_id: Modifier(
                modifier_id,
                modifier.name,
                modifier.price,
                allergens=tuple(modifier.allergens),
                may_contain=tuple(modifier.may_contain),
                replaces=tuple(modifier.replaces),
                group=modifier.group,
            )
            for modifier_id, modifier in self.modifiers.items()
        }
        items = (self._item(item_id, modifiers, rules) for item_id in self.items)
        return Menu(currency=self.currency, items=tuple(items), tax=rules)

    def _item(self, item_id: str, modifiers: Mapping[str, Modifier], rules: TaxRules) -> MenuItem:
        item = self.items[item_id]
        return MenuItem(
            id=item_id,
            name=item.name,
            description=item.description,
            category=item.category,
            prep_seconds=item.prep_seconds,
            sizes=tuple(
                Choice(size, self.sizes[size], price) for size, price in item.sizes.items()
            ),
            modifiers=tuple(modifiers[modifier] for modifier in item.modifiers),
            allergens=tuple(item.allergens),
            may_contain=tuple(item.may_contain),
            notes=item.notes,
            tax=UNTAXED if item.tax is None else rules.classes[item.tax],
        )


def parse_menu(body: str) -> MenuDocument:
    """Parse a recorded body; what a newer release has added is left out."""
    return MenuDocument.model_validate_json(body, extra="ignore")


def _tax_rules(tax: TaxDocument | None) -> TaxRules:
    if tax is None:
        return TaxRules()
    return TaxRules(
        prices_include_tax=tax.prices_include_tax,
        rounding=tax.rounding,
        serve=tax.serve,
        classes={
            class_id: TaxRates(parse_rate(rates.here), parse_rate(rates.away))
            for class_id, rates in tax.classes.items()
        },
    )
