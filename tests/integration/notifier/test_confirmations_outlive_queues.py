"""Who was never asked is asked after the queues were lost, and who was asked is not asked again."""

from __future__ import annotations

from dataclasses import replace

from notifier.settings import NotifierSettings
from shared.aws.clients import aws_clients
from shared.aws.names import Names
from tests.support.emulator import free_port
from tests.support.mailing import confirm_path, mail_server
from tests.support.notifier import serving, settings_for
from tests.support.subscribers import subscribe

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
SENDER = "shop@coffee.example"


async def lose_jobs(settings: NotifierSettings) -> None:
    async with aws_clients(settings) as clients:
        url = await clients.sqs.get_queue_url(QueueName=Names(settings.name_prefix).deliveries)
        await clients.sqs.purge_queue(QueueUrl=url["QueueUrl"])


async def test_a_confirmation_request_lost_before_its_mail_was_sent_is_sent_after_the_next_start(
    ministack: str,
) -> None:
    away = settings_for(
        ministack,
        smtp_url=f"smtp://127.0.0.1:{free_port()}",
        mail_from=SENDER,
        retry_seconds=(60,),
    )
    async with serving(away) as notifier:
        held = await subscribe(notifier, channel="email", address="ada@guests.example")
    await lose_jobs(away)
    async with mail_server() as server:
        back = away.model_copy(update={"smtp_url": f"smtp://127.0.0.1:{server.port}"})
        async with serving(back) as notifier:
            await server.took(1)
            path = confirm_path(server.mail[0])
            confirmed = await notifier.http.post(path, data={}, headers=FORM)
            assert confirmed.status_code == 200
            await replace(held, http=notifier.http).becomes("active")


async def test_a_confirmation_mail_that_was_sent_is_not_sent_again_at_the_next_start(
    ministack: str,
) -> None:
    async with mail_server() as server:
        settings = settings_for(
            ministack, smtp_url=f"smtp://127.0.0.1:{server.port}", mail_from=SENDER
        )
        async with serving(settings) as notifier:
            await subscribe(notifier, channel="email", address="ada@guests.example")
            await server.took(1)
        async with serving(settings) as notifier:
            await subscribe(notifier, channel="email", address="grace@guests.example")
            await server.took(2)
        assert [one.rcpt_tos for one in server.received] == [
            ["ada@guests.example"],
            ["grace@guests.example"],
        ]
