"""sqs-workers: batches of ten, one after the other, each message by the processor of its job."""

import os
import sys

from sqs_workers import SQSEnv

queue = SQSEnv().queue(os.environ["QUEUE"])


def nothing() -> None:
    """Do nothing."""


task = queue.connect_processor("nothing", nothing)

if __name__ == "__main__":
    if "send" in sys.argv:
        task.delay()
    else:
        queue.process_queue()
