"""Creates what the shop needs at its SQS, SNS, DynamoDB and S3, unless it is there."""

from __future__ import annotations

from botocore.exceptions import BotoCoreError, ClientError

from shared.aws.bucket import ForeignBucketError
from shared.aws.clients import aws_clients
from shared.aws.names import Names
from shared.aws.photo_provisioning import photo_bucket, provision_bucket
from shared.aws.provisioning import ForeignQueueError, provision
from shared.domain.errors import UnavailableError
from shared.runtime.settings import ServiceSettings
from shared.runtime.startup import StartupError
from shared.store.dynamodb.provisioning import provision_table
from shared.store.factory import table_name


class ProvisioningError(StartupError):
    """A queue, topic, table or bucket could not be created; the message says why."""


async def provision_shop(settings: ServiceSettings) -> list[str]:
    """Create the queues and topics, the table and the bucket if there is one; return their names.

    Safe to run twice, and at the same time. Raises ProvisioningError, and StartupError when the
    settings leave all of it to a template.
    """
    if not settings.provision:
        raise StartupError("COFFEE_PROVISION is off: the template creates all that, not the shop.")
    try:
        async with aws_clients(settings) as clients:
            names = Names(settings.name_prefix)
            created = await provision(clients, names)
            if (bucket := photo_bucket(settings)) is not None:
                created.append(await provision_bucket(clients, names, bucket))
            if clients.dynamodb is not None:
                await provision_table(clients.dynamodb, table_name(settings))
                created.append(table_name(settings))
            return created
    except (ForeignQueueError, ForeignBucketError) as error:
        raise ProvisioningError(str(error)) from error
    except (ClientError, BotoCoreError, UnavailableError) as error:
        where = settings.aws_endpoint_url or f"AWS in {settings.aws_region}"
        raise ProvisioningError(f"the shop could not be provisioned at {where}: {error}") from (
            error
        )
