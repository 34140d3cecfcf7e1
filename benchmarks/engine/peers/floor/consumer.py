"""The floor: aiobotocore alone, ten messages a receive, and one request to delete them all."""

import asyncio
import os
import sys

from aiobotocore.session import get_session

URL = f"{os.environ['AWS_ENDPOINT_URL']}/000000000000/{os.environ['QUEUE']}"


async def consume(concurrency: int) -> None:
    """Receive and delete in as many loops as batches may be in hand."""
    async with get_session().create_client("sqs") as sqs:

        async def loop() -> None:
            while True:
                answer = await sqs.receive_message(
                    QueueUrl=URL, MaxNumberOfMessages=10, WaitTimeSeconds=2
                )
                if messages := answer.get("Messages"):
                    entries = [
                        {"Id": str(place), "ReceiptHandle": message["ReceiptHandle"]}
                        for place, message in enumerate(messages)
                    ]
                    await sqs.delete_message_batch(QueueUrl=URL, Entries=entries)

        await asyncio.gather(*(loop() for _ in range(concurrency // 10)))


async def send() -> None:
    """Send one message."""
    async with get_session().create_client("sqs") as sqs:
        await sqs.send_message(QueueUrl=URL, MessageBody='{"number": 1}')


if __name__ == "__main__":
    asyncio.run(send() if "send" in sys.argv else consume(int(os.environ["CONCURRENCY"])))
