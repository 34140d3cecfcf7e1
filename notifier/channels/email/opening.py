"""How the e-mail channel is put together: by SMTP, or into a folder where there is no server."""

from __future__ import annotations

import ssl
from pathlib import Path

from jinja2 import Environment

from notifier.channels.email.addresses import named_sender
from notifier.channels.email.composing import Composer
from notifier.channels.email.folder import MailFolder
from notifier.channels.email.links import LinkSigner
from notifier.channels.email.mailbox import Mailbox, SmtpMailbox
from notifier.channels.email.sender import MailSender
from notifier.channels.email.smtp_url import SmtpServer
from notifier.settings import NotifierSettings
from shared.clock import Clock


def open_mail(
    settings: NotifierSettings, links: LinkSigner, templates: Environment, clock: Clock
) -> MailSender:
    """Make a sender; it holds nothing open between two mails."""
    composer = Composer(named_sender(settings.mail_from), links, templates, clock)
    return MailSender(_mailbox(settings.mail_goes_to, clock), composer)


def _mailbox(place: SmtpServer | Path, clock: Clock) -> Mailbox:
    match place:
        case SmtpServer():
            return SmtpMailbox(place, ssl.create_default_context())
        case Path():
            return MailFolder(place, clock)
