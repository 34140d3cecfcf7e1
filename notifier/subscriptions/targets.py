"""Where announcements may be sent: what can be told of a target before it is ever used."""

from __future__ import annotations

from notifier.problems import INVALID_SUBSCRIPTION
from notifier.subscriptions.models import Asked, SubscribeEmail, SubscribeWebhook
from shared.domain.errors import FieldError
from shared.domain.mail_address import InvalidAddressError, check_address
from shared.domain.webhook_url import ForbiddenUrlError, WebhookUrlRules
from shared.web.problem import Problem


def target_of(asked: Asked, rules: WebhookUrlRules) -> str:
    """Give the target of a wanted; raises a Problem of kind INVALID_SUBSCRIPTION."""
    try:
        match asked:
            case SubscribeWebhook():
                rules.url(asked.url)
            case SubscribeEmail():
                check_address(asked.address)
            case _:
                pass
    except ForbiddenUrlError as error:
        raise _invalid("url", error) from None
    except InvalidAddressError as error:
        raise _invalid("address", error) from None
    return asked.target


def _invalid(field: str, error: Exception) -> Problem:
    field_errors = [FieldError((field,), str(error))]
    return Problem(INVALID_SUBSCRIPTION, "the body has 1 error(s)", field_errors=field_errors)
