"""aws-sqs-consumer: batches of ten, one after the other."""

import os
import sys

import boto3
from aws_sqs_consumer import Consumer, Message

ENDPOINT, QUEUE = os.environ["AWS_ENDPOINT_URL"], os.environ["QUEUE"]
URL = f"{ENDPOINT}/000000000000/{QUEUE}"


class Nothing(Consumer):  # type: ignore[misc]
    """Does nothing with a batch."""

    def handle_message_batch(self, messages: list[Message]) -> None:
        """Do nothing."""


if __name__ == "__main__":
    if "send" in sys.argv:
        boto3.client("sqs").send_message(QueueUrl=URL, MessageBody='{"number": 1}')
    else:
        Nothing(URL, region="us-east-1", batch_size=10, wait_time_seconds=10).start()
