"""Money, kept as whole minor units of a currency, written for people."""

from __future__ import annotations

_MINOR_DIGITS = {"BHD": 3, "CLP": 0, "ISK": 0, "JPY": 0, "KRW": 0, "KWD": 3, "TND": 3, "VND": 0}
"""ISO 4217 currencies whose minor unit is not a hundredth."""


def display(amount: int, currency: str) -> str:
    """Write `amount` minor units for people: `display(520, "USD")` is `5.20 USD`."""
    digits = _MINOR_DIGITS.get(currency, 2)
    if digits == 0:
        return f"{amount} {currency}"
    whole, part = divmod(abs(amount), 10**digits)
    sign = "-" if amount < 0 else ""
    return f"{sign}{whole}.{part:0{digits}d} {currency}"
