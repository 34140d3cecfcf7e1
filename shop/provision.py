"""Makes what the shop needs at its SQS, SNS and DynamoDB, or finds it made."""

from __future__ import annotations

from botocore.exceptions import BotoCoreError, ClientError

from shared.aws.clients import aws_clients
from shared.aws.names import Names
from shared.aws.provisioning import ForeignQueueError, provision
from shared.runtime.settings import ServiceSettings
from shared.store.contract import StoreUnavailableError
from shared.store.dynamodb.provisioning import provision_table
from shared.store.factory import table_name


class ProvisioningError(Exception):
    """A queue, topic or table could not be made; the message says why."""


async def provision_shop(settings: ServiceSettings) -> list[str]:
    """Make the queues, the topics, and the table if orders are kept in one; return their names.

    Safe to run twice, and at the same time. Raises ProvisioningError.
    """
    try:
        async with aws_clients(settings) as clients:
            made = await provision(clients, Names(settings.name_prefix))
            if clients.dynamodb is not None:
                await provision_table(clients.dynamodb, table_name(settings))
                made.append(table_name(settings))
            return made
    except ForeignQueueError as error:
        raise ProvisioningError(str(error)) from error
    except (ClientError, BotoCoreError, StoreUnavailableError) as error:
        where = settings.aws_endpoint_url or f"AWS in {settings.aws_region}"
        raise ProvisioningError(f"the shop could not be provisioned at {where}: {error}") from (
            error
        )
