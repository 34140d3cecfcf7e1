"""Creates what the shop needs at its SQS, SNS and DynamoDB, unless it is there."""

from __future__ import annotations

from botocore.exceptions import BotoCoreError, ClientError

from shared.aws.clients import aws_clients
from shared.aws.names import Names
from shared.aws.provisioning import ForeignQueueError, provision
from shared.domain.errors import UnavailableError
from shared.runtime.settings import ServiceSettings
from shared.store.dynamodb.provisioning import provision_table
from shared.store.factory import table_name


class ProvisioningError(Exception):
    """A queue, topic or table could not be created; the message says why."""


async def provision_shop(settings: ServiceSettings) -> list[str]:
    """Create the queues, the topics, and the table if orders are kept in one; return their names.

    Safe to run twice, and at the same time. Raises ProvisioningError.
    """
    try:
        async with aws_clients(settings) as clients:
            created = await provision(clients, Names(settings.name_prefix))
            if clients.dynamodb is not None:
                await provision_table(clients.dynamodb, table_name(settings))
                created.append(table_name(settings))
            return created
    except ForeignQueueError as error:
        raise ProvisioningError(str(error)) from error
    except (ClientError, BotoCoreError, UnavailableError) as error:
        where = settings.aws_endpoint_url or f"AWS in {settings.aws_region}"
        raise ProvisioningError(f"the shop could not be provisioned at {where}: {error}") from (
            error
        )
