"""dramatiq with dramatiq-sqs: threads, ten messages a receive, without its extra middleware."""

import os
import sys

import dramatiq
from dramatiq.__main__ import main
from dramatiq_sqs import SQSBroker

broker = SQSBroker(endpoint_url=os.environ["AWS_ENDPOINT_URL"], middleware=[])
dramatiq.set_broker(broker)


def nothing() -> None:
    """Do nothing."""


actor = dramatiq.actor(nothing, queue_name=os.environ["QUEUE"], broker=broker)

if __name__ == "__main__":
    if "send" in sys.argv:
        actor.send()
    else:
        sys.argv = [
            *("dramatiq", "consumer:broker", "--processes=1"),
            f"--threads={os.environ['CONCURRENCY']}",
        ]
        sys.exit(main())
