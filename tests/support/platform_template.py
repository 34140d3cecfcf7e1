"""`deploy/platform.yaml`, with the parameters of a shop called "cafe-" filled in."""

from __future__ import annotations

import re
from typing import Any

from tests.support.templates import parameters, resources

RESOURCES = resources("platform.yaml")
PARAMETERS = parameters("platform.yaml")
VALUES = {
    "NamePrefix": "cafe-",
    "TableName": "cafe-coffee-shop",
    "PhotosBucket": "cafe-photos",
    "PublicUrl": "https://coffee.example",
    "MailFrom": "shop@coffee.example",
    "Vpc.CidrBlock": RESOURCES["Vpc"]["Properties"]["CidrBlock"],
    "StaffKey": "a-secret",
    "SmtpSecretArn": "smtps://user:password@smtp.coffee.example:465",
}


def filled(value: Any) -> str:
    """Fill in parameters, as a deployment does: whole references, and those within a text.

    Of a choice by a condition it is the last: no condition holds by default.
    """
    if isinstance(value, list):
        return filled(value[-1])
    text = str(value)
    known = {
        name: str(found["Default"]) for name, found in PARAMETERS.items() if "Default" in found
    }
    known |= VALUES
    return known.get(text) or re.sub(r"\$\{(\w+)\}", lambda m: known.get(m[1], m[0]), text)


def of_type(kind: str) -> dict[str, Any]:
    return {name: found["Properties"] for name, found in RESOURCES.items() if found["Type"] == kind}
