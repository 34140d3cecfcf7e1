"""While our mail server rejects our login, no attempt counts as failed."""

from __future__ import annotations

from tests.support.mailing import ADDRESS, MailServer, confirm_path, mail_server
from tests.support.notifier import serving, settings_for
from tests.support.subscribers import publish, subscribe

LOCKED_OUT = "530 5.7.0 Authentication required"


async def test_mail_that_our_server_does_not_accept_is_postponed_and_not_counted(
    ministack: str,
) -> None:
    async with mail_server(MailServer()) as server:
        smtp_url = f"smtp://127.0.0.1:{server.port}"
        settings = settings_for(
            ministack, smtp_url=smtp_url, mail_from="shop@coffee.example", retry_seconds=(60,)
        )
        async with serving(settings) as notifier:
            held = await subscribe(notifier, channel="email", address=ADDRESS)
            await server.took(1)
            await notifier.http.post(confirm_path(server.mail[0]), data={"agreed": "yes"})
            server.rcpt = LOCKED_OUT
            await publish(notifier)
            shown = await held.until(
                lambda shown: bool(shown["deliveries"]) and bool(shown["deliveries"][0]["error"])
            )
            assert (shown["deliveries"][0]["state"], shown["deliveries"][0]["attempts"]) == (
                "due",
                0,
            )
            server.rcpt = "250 OK"
            await server.took(2)
            shown = await held.until(lambda shown: shown["deliveries"][0]["state"] == "delivered")
            assert (shown["state"], shown["deliveries"][0]["attempts"]) == ("active", 1)
