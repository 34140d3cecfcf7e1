"""Which picture each item of the first start's menu has."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from artwork import coffees, cold_drinks, hot_drinks
from artwork.banana_bread import banana_bread
from artwork.croissant import croissant
from artwork.mocha import mocha
from artwork.svg import Canvas

PICTURES: Mapping[str, Callable[[], Canvas]] = {
    "espresso": coffees.espresso,
    "americano": coffees.americano,
    "latte": coffees.latte,
    "cappuccino": coffees.cappuccino,
    "flat-white": coffees.flat_white,
    "mocha": mocha,
    "cold-brew": cold_drinks.cold_brew,
    "iced-latte": cold_drinks.iced_latte,
    "tea": hot_drinks.tea,
    "hot-chocolate": hot_drinks.hot_chocolate,
    "croissant": croissant,
    "banana-bread": banana_bread,
}
