"""How the e-mail channel is put together: by SMTP, or into a folder where there is no server."""

from __future__ import annotations

import ssl
from pathlib import Path

from jinja2 import Environment

from notifier.mail.addresses import named_sender
from notifier.mail.composing import Composer
from notifier.mail.folder import MailFolder
from notifier.mail.links import LinkSigner
from notifier.mail.mailbox import Mailbox, SmtpMailbox
from notifier.mail.sender import MailSender
from notifier.mail.smtp_url import SmtpServer
from notifier.settings import NotifierSettings
from shared.runtime.clock import Clock


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
