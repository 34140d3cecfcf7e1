"""The content of mail: headers, and one text in plain and in HTML."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Literal

from jinja2 import Environment
from pydantic import BaseModel, ValidationError

from notifier.channels.email.addresses import named_sender, recipient
from notifier.channels.email.headers import mail_policy, one_line
from notifier.channels.email.links import LinkSigner
from notifier.channels.email.order_lines import ORDER_LINES, REASON_LINE
from shared.clock import Clock
from shared.domain.subscription import Subscription
from shared.messages.announcement import (
    NEWSLETTER_PUBLISHED,
    ORDER_EVENTS,
    CloudEvent,
    OrderChange,
)
from shared.messages.topics import TOPIC_TITLES

_ORDER = "coffeeshop.order."
_LONGEST_LINE = 998
_PLAIN = re.compile(rf"([\t\x20-\x7e]{{0,{_LONGEST_LINE}}}(\r\n|\n|\Z))*")


class UnknownEventError(Exception):
    """There is no mail for events of this type."""


class _Newsletter(BaseModel):
    """The part of an issue's `data` that is mailed."""

    subject: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Composer:
    """Composes mail with the templates of rendering.py; `sender` may have a name."""

    sender: str
    links: LinkSigner
    templates: Environment
    clock: Clock

    def confirmation(self, subscription: Subscription) -> EmailMessage:
        """Compose the request to confirm a subscription; raises InvalidAddressError."""
        message = self._addressed(subscription, "confirm", "Please confirm your subscription")
        link = self.links.confirm_link(subscription.id)
        return self._filled(message, subscription, "confirmation", {"confirm_link": link})

    def announcement(self, subscription: Subscription, event: CloudEvent) -> EmailMessage:
        """Compose the mail of an event; raises UnknownEventError, InvalidAddressError."""
        try:
            if event.type == NEWSLETTER_PUBLISHED:
                return self._newsletter(subscription, event)
            if event.type.startswith(_ORDER):
                return self._order_update(subscription, event)
        except ValidationError:
            pass
        raise UnknownEventError("there is no mail for this type of event")

    def _newsletter(self, subscription: Subscription, event: CloudEvent) -> EmailMessage:
        issue = _Newsletter.model_validate(event.data)
        message = self._addressed(subscription, event.id, issue.subject)
        message["List-Id"] = f"<{subscription.topic}.{named_sender(self.sender).domain}>"
        return self._filled(message, subscription, "newsletter", issue.model_dump())

    def _order_update(self, subscription: Subscription, event: CloudEvent) -> EmailMessage:
        change = OrderChange.model_validate(event.data)
        title, line = ORDER_LINES[change.state]
        title = title.format(number=change.number)
        if change.cancel_reason is not None:
            line = f"{REASON_LINE.format(reason=change.cancel_reason)} {line}"
        message = self._addressed(subscription, event.id, title)
        return self._filled(message, subscription, "order", {"title": title, "line": line})

    def _addressed(self, subscription: Subscription, occasion: str, subject: str) -> EmailMessage:
        """Write the headers. `occasion` makes the id the same for every copy of a mail."""
        sender, to = named_sender(self.sender), recipient(subscription.target)
        message = EmailMessage(mail_policy().clone(utf8=not to.addr_spec.isascii()))
        message["From"] = sender
        message["To"] = to
        message["Subject"] = one_line(subject)
        message["Date"] = self.clock()
        message["Message-ID"] = f"<{_digest(subscription.id, occasion)}@{sender.domain}>"
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834
        message["List-Unsubscribe"] = f"<{self.links.unsubscribe_link(subscription.id)}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"  # RFC 8058
        return message

    def _manage_link(self, subscription: Subscription) -> str:
        """Link to all newsletters; mail of orders has no such link."""
        return "" if subscription.is_of_orders else self.links.manage_link(subscription.id)

    def _filled(
        self,
        message: EmailMessage,
        subscription: Subscription,
        template: str,
        content: Mapping[str, object],
    ) -> EmailMessage:
        """Write the text, then the HTML, both encoded so that any server accepts them."""
        values = {
            "about": about(subscription.topic, *subscription.also),
            "manage_link": self._manage_link(subscription),
            "unsubscribe_link": self.links.unsubscribe_link(subscription.id),
            **content,
        }
        text, html = (
            self.templates.get_template(f"{template}.{kind}").render(values)
            for kind in ("txt", "html")
        )
        message.set_content(text, cte=_encoding(text))
        message.add_alternative(html, subtype="html", cte="quoted-printable")
        return message


def about(topic: str, *also: str) -> str:
    """Describe the mail of a topic, or of several newsletters."""
    if topic == ORDER_EVENTS:
        return "news of your order"
    names = ", ".join(f'"{TOPIC_TITLES.get(name, name)}"' for name in (topic, *also))
    return f"the newsletters {names}" if also else f"the newsletter {names}"


def _encoding(text: str) -> Literal["7bit", "quoted-printable"]:
    """Leave text readable in a folder where that is allowed (RFC 5322, section 2.1.1)."""
    return "7bit" if _PLAIN.fullmatch(text) else "quoted-printable"


def _digest(subscription_id: str, occasion: str) -> str:
    """Make an id that reveals nothing: an order's event id is its customer's key."""
    return hashlib.sha256(f"{subscription_id}\n{occasion}".encode()).hexdigest()[:40]
