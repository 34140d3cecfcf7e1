"""Whoever can publish to SNS cannot make the shop send a newsletter that staff did not write."""

from __future__ import annotations

from shared.messages.announcement import ORDER_EVENTS, CloudEvent
from tests.support.mailing import MailServer, confirm_path, mail_server
from tests.support.notifier import Announcer, Serving, announcing, newsletter, serving, settings_for
from tests.support.subscribers import subscribe


async def reader_agrees(notifier: Serving, server: MailServer) -> None:
    await subscribe(notifier, channel="email", address="guest@guests.example")
    await server.took(1)
    response = await notifier.http.post(confirm_path(server.mail[0]), data={"agreed": "yes"})
    assert response.status_code == 200, response.text
    server.received.clear()


def other_text(issue: CloudEvent) -> CloudEvent:
    return issue.model_copy(update={"data": {**issue.data, "body": "Pay here: evil.example"}})


def other_link(issue: CloudEvent) -> CloudEvent:
    return issue.model_copy(update={"data": {**issue.data, "url": "https://evil.example"}})


async def forge(announcer: Announcer, recorded: CloudEvent) -> int:
    """Announce what staff did not publish, in each way that there is; return how much it was."""
    forged = [newsletter("Forged"), other_text(recorded), other_link(recorded)]
    await announcer.publish(*forged)
    for attributes in ({"store_id": "main", "topic": "open-house"}, {"store_id": "main"}):
        await announcer.coupons.publish(recorded, {**attributes}, "coupons")
        await announcer.coupons.publish(newsletter("Forged"), {**attributes}, "coupons")
    return len(forged) + 2 * 2


async def test_only_issues_that_are_on_record_word_for_word_are_mailed_and_the_rest_is_counted(
    ministack: str,
) -> None:
    written, after = newsletter("Two for one", "Only today."), newsletter("The last one")
    async with mail_server() as server:
        smtp_url = f"smtp://127.0.0.1:{server.port}"
        settings = settings_for(ministack, smtp_url=smtp_url, mail_from="shop@coffee.example")
        async with serving(settings) as notifier, announcing(settings) as announcer:
            await reader_agrees(notifier, server)
            count = await forge(announcer, written)
            await notifier.counts("coffeeshop_announcements_dropped_total", count)

            await announcer.send_out(written)
            await server.took(1)
            count += await forge(announcer, written)
            await notifier.counts("coffeeshop_announcements_dropped_total", count)
            await announcer.send_out(after)
            await server.took(2)

    assert sorted(str(mail["Subject"]) for mail in server.mail) == ["The last one", "Two for one"]
    assert not any("evil" in mail.as_string() for mail in server.mail)


async def test_subscribers_of_orders_get_no_newsletter_in_the_name_of_their_topic(
    ministack: str,
) -> None:
    async with mail_server() as server:
        smtp_url = f"smtp://127.0.0.1:{server.port}"
        settings = settings_for(ministack, smtp_url=smtp_url, mail_from="shop@coffee.example")
        async with serving(settings) as notifier, announcing(settings) as announcer:
            await announcer.coupons.publish(
                newsletter("Forged"), {"store_id": "main", "topic": ORDER_EVENTS}, "coupons"
            )
            await notifier.counts("coffeeshop_announcements_dropped_total", 1)
    assert server.mail == []
