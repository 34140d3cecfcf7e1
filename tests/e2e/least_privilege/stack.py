"""The stacks of `deploy/` on an emulator that enforces IAM, over TLS."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import ssl
import sys
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import aiohttp
from aiobotocore.session import AioSession

from tests.e2e.least_privilege.calls import REGION, Right
from tests.support.emulator import free_port
from tests.support.templates import DEPLOY

PREFIX = "proof-"
BUCKET = "proof-photos"
TABLE = f"{PREFIX}coffee-shop"
ROOT = "test"
"""The account's own key, which may do everything, and its secret."""

_OUTPUTS = {
    "producer": "ProducerRoleArn",
    "worker": "WorkerRoleArn",
    "photo worker": "PhotoWorkerRoleArn",
    "notifier": "NotifierRoleArn",
}
_BATCHES = {
    "sqs:SendMessage": "sqs:SendMessageBatch",
    "sqs:DeleteMessage": "sqs:DeleteMessageBatch",
    "sqs:ChangeMessageVisibility": "sqs:ChangeMessageVisibilityBatch",
    "sns:Publish": "sns:PublishBatch",
}
"""The emulator asks for a right to each batch, by a name that AWS does not know: there, the right
to the single form is that to the batch."""

_ANYBODY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}],
}
"""In place of the template's trust in ECS alone, so that the test is given the roles' keys."""


@dataclass(frozen=True)
class Policy:
    """What a role may do, by its statements' names."""

    statements: Sequence[Mapping[str, Any]]

    def statements_for(self, right: Right) -> Collection[str]:
        """Name the statements that allow something."""
        return [
            str(statement["Sid"])
            for statement in self.statements
            if right.action in _listed(statement["Action"])
            and any(fnmatchcase(right.resource, one) for one in _listed(statement["Resource"]))
        ]

    def document(self, without: tuple[str, str] | None = None) -> str:
        """Write it for the emulator, without one action of one statement."""
        statements = []
        for statement in self.statements:
            actions = [a for a in _listed(statement["Action"]) if (statement["Sid"], a) != without]
            batches = [_BATCHES[action] for action in actions if action in _BATCHES]
            if actions:
                statements.append({**statement, "Action": actions + batches})
        return json.dumps({"Version": "2012-10-17", "Statement": statements})


def _listed(value: str | Sequence[str]) -> Sequence[str]:
    return [value] if isinstance(value, str) else value


@dataclass(frozen=True)
class RoleKeys:
    """A role, with keys that its services have for a while."""

    role: str
    name: str
    policy_name: str
    policy: Policy
    access_key: str
    secret_key: str
    token: str

    @property
    def variables(self) -> dict[str, str]:
        """How services are given them, as ECS does in its way."""
        return {
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_SESSION_TOKEN": self.token,
        }


@dataclass(frozen=True)
class Account:
    """The emulator, and clients of the account's owner."""

    url: str
    certificate: Path
    trust: ssl.SSLContext
    stack: contextlib.AsyncExitStack
    region: str
    _clients: dict[str, Any] = field(default_factory=dict)

    async def client(self, service: str) -> Any:
        """Give the owner's client of a service, which is open until the account closes."""
        if service not in self._clients:
            self._clients[service] = await self._new_client(service)
        return self._clients[service]

    async def _new_client(self, service: str) -> Any:
        return await self.stack.enter_async_context(
            AioSession().create_client(
                service,
                region_name=self.region,
                endpoint_url=self.url,
                verify=str(self.certificate),
                aws_access_key_id=ROOT,
                aws_secret_access_key=ROOT,
            )
        )

    async def deploy(self, template: str, **parameters: str) -> Mapping[str, str]:
        """Create a stack, and give its outputs."""
        cloudformation = await self.client("cloudformation")
        name = template.partition(".")[0]
        await cloudformation.create_stack(
            StackName=name,
            TemplateBody=(DEPLOY / template).read_text(),
            Parameters=[
                {"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()
            ],
            Capabilities=["CAPABILITY_IAM"],
        )
        waiter = cloudformation.get_waiter("stack_create_complete")
        await waiter.wait(StackName=name, WaiterConfig={"Delay": 0.1, "MaxAttempts": 100})
        (stack,) = (await cloudformation.describe_stacks(StackName=name))["Stacks"]
        return {each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", [])}

    async def roles(self, outputs: Mapping[str, str]) -> Mapping[str, RoleKeys]:
        """Get keys for each role of the stack."""
        iam, sts = await self.client("iam"), await self.client("sts")
        return {
            role: await _assumed(iam, sts, role, outputs[output])
            for role, output in _OUTPUTS.items()
        }

    async def restrict(self, keys: RoleKeys, without: tuple[str, str] | None = None) -> None:
        """Put a role's policy again, without one action of one of its statements."""
        iam = await self.client("iam")
        await iam.put_role_policy(
            RoleName=keys.name,
            PolicyName=keys.policy_name,
            PolicyDocument=keys.policy.document(without),
        )


async def _assumed(iam: Any, sts: Any, role: str, arn: str) -> RoleKeys:
    name = arn.rpartition("/")[2]
    (policy_name,) = (await iam.list_role_policies(RoleName=name))["PolicyNames"]
    found = await iam.get_role_policy(RoleName=name, PolicyName=policy_name)
    policy = Policy(found["PolicyDocument"]["Statement"])
    await iam.put_role_policy(
        RoleName=name, PolicyName=policy_name, PolicyDocument=policy.document()
    )
    await iam.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(_ANYBODY))
    keys = (await sts.assume_role(RoleArn=arn, RoleSessionName="proof"))["Credentials"]
    return RoleKeys(
        role=role,
        name=name,
        policy_name=policy_name,
        policy=policy,
        access_key=keys["AccessKeyId"],
        secret_key=keys["SecretAccessKey"],
        token=keys["SessionToken"],
    )


@contextlib.asynccontextmanager
async def open_account(
    folder: Path, certificate: Path, region: str = REGION
) -> AsyncIterator[Account]:
    """Run a fresh emulator that enforces IAM, with a certificate and its key in one file."""
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "ministack"),
        cwd=folder,
        env={
            "PATH": os.environ["PATH"],
            "AUTH": "true",
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(port),
            "SERVICES": "sqs,sns,dynamodb,s3,iam,sts,cloudformation",
            "USE_SSL": "1",
            "MINISTACK_SSL_CERT": str(certificate),
            "MINISTACK_SSL_KEY": str(certificate),
            "SFTP_ENABLED": "0",
            "IOT_MTLS_ENABLED": "0",
            "LOG_LEVEL": "ERROR",
            "DOCKER_HOST": f"unix://{folder / 'no-docker.sock'}",
        },
    )
    try:
        url, trust = f"https://127.0.0.1:{port}", ssl.create_default_context(cafile=certificate)
        await _answers(f"{url}/_ministack/health", trust)
        async with contextlib.AsyncExitStack() as stack:
            yield Account(url, certificate, trust, stack, region)
    finally:
        process.kill()
        await process.wait()


async def _answers(url: str, trust: ssl.SSLContext) -> None:
    async with asyncio.timeout(30), aiohttp.ClientSession() as http:
        while True:
            with contextlib.suppress(aiohttp.ClientError):
                async with http.get(url, ssl=trust) as response:
                    if response.status == 200:
                        return
            await asyncio.sleep(0.05)
