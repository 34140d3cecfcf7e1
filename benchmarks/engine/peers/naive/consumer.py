"""The loop of a first draft: aiobotocore, one message a receive, one request to delete it."""

import asyncio
import os
import sys

from aiobotocore.session import get_session

URL = f"{os.environ['AWS_ENDPOINT_URL']}/000000000000/{os.environ['QUEUE']}"


async def consume(concurrency: int) -> None:
    """Receive and delete in as many loops as messages may be in hand."""
    async with get_session().create_client("sqs") as sqs:

        async def loop() -> None:
            while True:
                answer = await sqs.receive_message(QueueUrl=URL, WaitTimeSeconds=2)
                for message in answer.get("Messages", ()):
                    await sqs.delete_message(QueueUrl=URL, ReceiptHandle=message["ReceiptHandle"])

        await asyncio.gather(*(loop() for _ in range(concurrency)))


async def send() -> None:
    """Send one message."""
    async with get_session().create_client("sqs") as sqs:
        await sqs.send_message(QueueUrl=URL, MessageBody='{"number": 1}')


if __name__ == "__main__":
    asyncio.run(send() if "send" in sys.argv else consume(int(os.environ["CONCURRENCY"])))
