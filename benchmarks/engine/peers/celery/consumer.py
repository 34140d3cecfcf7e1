"""Celery: threads, ten messages a receive, acknowledged after the work."""

import os
import sys

from celery import Celery

QUEUE = os.environ["QUEUE"]
CONCURRENCY = os.environ["CONCURRENCY"]

app = Celery("consumer", broker="sqs://")
app.conf.update(
    broker_connection_retry_on_startup=True,
    broker_transport_options={
        "predefined_queues": {
            QUEUE: {"url": f"{os.environ['AWS_ENDPOINT_URL']}/000000000000/{QUEUE}"}
        },
        "wait_time_seconds": 10,
        "polling_interval": 0,
    },
    task_acks_late=True,
    task_default_queue=QUEUE,
    task_ignore_result=True,
    worker_enable_remote_control=False,
)


def nothing() -> None:
    """Do nothing."""


task = app.task(nothing, name="nothing")

if __name__ == "__main__":
    if "send" in sys.argv:
        task.delay()
    else:
        app.worker_main(
            [
                *("worker", "--pool=threads", f"--concurrency={CONCURRENCY}"),
                *("--prefetch-multiplier=4", "--loglevel=WARNING"),
                *("--without-gossip", "--without-mingle", "--without-heartbeat"),
            ]
        )
