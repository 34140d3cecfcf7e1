"""Prepares the bucket of photos, and has S3 send the event of each upload to the photos' queue.

Safe to run again. Several shops may share a bucket: what they and its owner have set up in it
stays, but of two shops that are provisioned at the same moment one may have to run again.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from shared.aws.bucket import ensure_bucket, error_code, merged
from shared.aws.clients import AwsClients
from shared.aws.names import Names
from shared.aws.provisioning import queue_arn
from shared.runtime.settings import ServiceSettings

if TYPE_CHECKING:
    from types_aiobotocore_s3 import S3Client
    from types_aiobotocore_s3.type_defs import QueueConfigurationOutputTypeDef

_PAUSES = (1, 2, 4, 8, 16, 30)
"""A queue's policy takes up to 60 s to come into force (SQS: `SetQueueAttributes`)."""


@dataclass(frozen=True, slots=True)
class PhotoBucket:
    """A bucket, and the shop whose uploads in it are meant."""

    name: str
    store_id: str


def photo_bucket(settings: ServiceSettings) -> PhotoBucket | None:
    """Return the bucket that the settings name; None when photos are in the state folder."""
    name = settings.photos_bucket
    return None if name is None else PhotoBucket(name, settings.store_id)


async def provision_bucket(clients: AwsClients, names: Names, bucket: PhotoBucket) -> str:
    """Create or complete a shop's bucket, once the queue of photos exists; return its ARN.

    Raises ForeignBucketError; ValueError when there is no client for S3.
    """
    s3, sqs = clients.s3, clients.sqs
    if s3 is None:
        raise ValueError("there is no client for S3")
    url = (await sqs.get_queue_url(QueueName=names.photos))["QueueUrl"]
    queue = await queue_arn(sqs, url)
    arn = bucket_arn(queue, bucket.name)
    await ensure_bucket(s3, bucket.name, account=queue.split(":")[4])
    policy = uploads_policy(queue, arn)
    await sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    await _notify(s3, bucket, queue)
    return arn


def bucket_arn(queue_arn: str, bucket: str) -> str:
    """Name a bucket in the same partition as a queue."""
    return f"arn:{queue_arn.split(':')[1]}:s3:::{bucket}"


def uploads_policy(queue: str, bucket: str) -> str:
    """Write the queue policy that lets only this bucket, of the queue's account, send to it.

    Both are ARNs. The name alone would do no good: who deletes a bucket gives its name away.
    """
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue,
        "Condition": {
            "ArnEquals": {"aws:SourceArn": bucket},
            "StringEquals": {"aws:SourceAccount": queue.split(":")[4]},
        },
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


async def _notify(s3: S3Client, bucket: PhotoBucket, queue: str) -> None:
    """Send the events of this shop's uploads to its queue, unless that is set up already."""
    found = await s3.get_bucket_notification_configuration(Bucket=bucket.name)
    ours = _notification(bucket.store_id, queue)
    queues = found.get("QueueConfigurations", [])
    if any(each.get("Id") == ours["Id"] and each["QueueArn"] == queue for each in queues):
        return
    configuration: Any = {key: value for key, value in found.items() if key != "ResponseMetadata"}
    configuration["QueueConfigurations"] = merged(queues, [ours], "Id")
    for pause in (*_PAUSES, None):
        try:
            await s3.put_bucket_notification_configuration(
                Bucket=bucket.name, NotificationConfiguration=configuration
            )
        except ClientError as error:
            if pause is None or error_code(error) != "InvalidArgument":
                raise
            await asyncio.sleep(pause)
        else:
            return


def _notification(store_id: str, queue: str) -> QueueConfigurationOutputTypeDef:
    return {
        "Id": f"coffeeshop-uploads-{store_id}",
        "QueueArn": queue,
        "Events": ["s3:ObjectCreated:*"],
        "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": f"uploads/{store_id}/"}]}},
    }
