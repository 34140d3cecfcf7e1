"""taskiq with taskiq-aio-sqs: ten messages a receive, acknowledged after the work."""

import asyncio
import os
import sys

from taskiq.__main__ import main
from taskiq_aio_sqs import SQSBroker

broker = SQSBroker(
    os.environ["QUEUE"],
    endpoint_url=os.environ["AWS_ENDPOINT_URL"],
    max_number_of_messages=10,
    wait_time_seconds=10,
)


async def nothing() -> None:
    """Do nothing."""


task = broker.register_task(nothing, task_name="nothing")


async def send() -> None:
    """Send one message."""
    await broker.startup()
    await task.kiq()
    await broker.shutdown()


if __name__ == "__main__":
    if "send" in sys.argv:
        asyncio.run(send())
    else:
        sys.argv = [
            *("taskiq", "worker", "consumer:broker", "--workers=1", "--log-level=WARNING"),
            f"--max-async-tasks={os.environ['CONCURRENCY']}",
        ]
        main()
