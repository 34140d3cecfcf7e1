"""Money, kept as whole minor units of a currency, written for people."""

from __future__ import annotations

_MINOR_DIGITS = {"BHD": 3, "CLP": 0, "ISK": 0, "JPY": 0, "KRW": 0, "KWD": 3, "TND": 3, "VND": 0}
"""ISO 4217 currencies whose minor unit is not a hundredth."""


def decimal(amount: int, currency: str) -> str:
    """Write `amount` minor units as a number: `decimal(520, "USD")` is `5.20`."""
    digits = _MINOR_DIGITS.get(currency, 2)
    if digits == 0:
        return f"{amount}"
    whole, part = divmod(abs(amount), 10**digits)
    return f"{'-' if amount < 0 else ''}{whole}.{part:0{digits}d}"


def display(amount: int, currency: str) -> str:
    """Write `amount` minor units for people: `display(520, "USD")` is `5.20 USD`."""
    return f"{decimal(amount, currency)} {currency}"
