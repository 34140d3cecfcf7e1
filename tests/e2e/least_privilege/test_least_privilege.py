"""The whole shop runs under exactly the roles of `deploy/roles.yaml`, and needs each right there.

The emulator enforces identity policies and those of queues. What it cannot show is asserted on the
templates: `ecs:UpdateTaskProtection`, the execution roles, and conditions on who may assume a role.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import pytest
import pytest_asyncio

from shared.aws.clients import aws_clients
from shared.aws.names import Names
from shared.runtime.settings import ServiceSettings, StoreKind
from shared.store.factory import table_name
from shop.processes.provision import provision_shop
from tests.e2e.least_privilege.calls import ACCOUNT, REGION, Right
from tests.e2e.least_privilege.flow import live, opened_flow
from tests.e2e.least_privilege.made import bucket_of, queues_of, subscriptions_of, table_of
from tests.e2e.least_privilege.recorder import Call, Recorder, recording
from tests.e2e.least_privilege.services import GUESTS
from tests.e2e.least_privilege.shop import Shop, opened
from tests.e2e.least_privilege.stack import (
    BUCKET,
    PREFIX,
    ROOT,
    TABLE,
    Account,
    RoleKeys,
    open_account,
)
from tests.support.certificates import Certificate
from tests.support.mailing import mail_server
from tests.support.templates import Grant, granted

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(180)]

NOT_EMULATED = {grant for grant in granted() if grant.action.startswith("ecs:")}
"""ECS's agent in the task calls it: `tests/integration/worker/test_task_protection.py`."""

NOT_REFUSED = {Grant("producer", "s3:ListBucket", "Bucket")}
"""By this right S3 answers 404 for a photo that is gone, not 403; the emulator always does."""

GRANTS = [grant for grant in granted() if grant not in NOT_EMULATED]


GUESTS_QUEUE = Right("sqs:GetQueueUrl", f"arn:aws:sqs:{REGION}:{ACCOUNT}:{GUESTS}")
"""A subscriber's queue, that the shop may not look at: it is subscribed unseen."""


@dataclass(frozen=True)
class Recording:
    """What the flow has asked for, and the account in which it ran."""

    account: Account
    recorder: Recorder
    keys: dict[str, RoleKeys]
    calls: list[tuple[RoleKeys, Call]]

    def calls_by(self, grant: Grant) -> list[Call]:
        """The calls that needed a grant."""
        return [
            call
            for keys, call in self.calls
            if keys.role == grant.role
            and any(
                right.action == grant.action
                and grant.statement in keys.policy.statements_for(right)
                for right in call.rights
            )
        ]


@contextlib.contextmanager
def denials_told(recorder: Recorder) -> Iterator[None]:
    """Name the rights that were missing, when a flow comes to nothing for want of them."""
    try:
        yield
    except (TimeoutError, AssertionError) as error:
        denied = [call.rights for call in recorder.calls if call.was_denied]
        missing = {right for rights in denied for right in rights - {GUESTS_QUEUE}}
        if not missing:
            raise
        raise AssertionError(f"denied: {missing}") from error


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def recorded(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Recording]:
    folder = tmp_path_factory.mktemp("least-privilege")
    certificate = Certificate.of("127.0.0.1", folder)
    async with contextlib.AsyncExitStack() as stack:
        account = await stack.enter_async_context(open_account(folder, certificate.file))
        data = await account.deploy("data.yaml", NamePrefix=PREFIX, PhotosBucket=BUCKET)
        outputs = await account.deploy("roles.yaml", NamePrefix=PREFIX, **data)
        keys = dict(await account.roles(outputs))
        recorder = await stack.enter_async_context(
            recording(account.url, certificate.proof, account.trust)
        )
        mail = await stack.enter_async_context(mail_server())
        shop = Shop(account, recorder, keys, folder, mail)
        with denials_told(recorder):
            async with opened(shop), opened_flow(shop) as flow:
                await live(flow)
        by_key = {each.access_key: each for each in keys.values()}
        yield Recording(
            account,
            recorder,
            keys,
            [(by_key[call.sent.access_key], call) for call in recorder.calls],
        )


async def test_the_flow_is_denied_nothing(recorded: Recording) -> None:
    denied = [
        (keys.role, call.answer)
        for keys, call in recorded.calls
        if call.was_denied and call.rights != {GUESTS_QUEUE}
    ]
    assert not denied


async def test_the_flow_asks_for_nothing_beyond_the_statements(recorded: Recording) -> None:
    beyond = {
        f"{keys.role} {right.action} on {right.resource}"
        for keys, call in recorded.calls
        for right in call.rights - {GUESTS_QUEUE}
        if not keys.policy.statements_for(right)
    }
    assert not beyond


async def test_no_right_is_unused(recorded: Recording) -> None:
    unused = [str(grant) for grant in GRANTS if not recorded.calls_by(grant)]
    assert not unused


@pytest.mark.parametrize("grant", [one for one in GRANTS if one not in NOT_REFUSED], ids=str)
async def test_the_flow_needs(recorded: Recording, grant: Grant) -> None:
    """A call of the flow is refused once that one right is taken away."""
    keys = recorded.keys[grant.role]
    calls = recorded.calls_by(grant)
    assert calls, "nothing has needed it"
    call = min(calls, key=lambda call: len(call.rights))
    await recorded.account.restrict(keys, without=(grant.statement, grant.action))
    try:
        refused = await recorded.recorder.replay(call)
        assert refused.was_denied
        if not grant.action.startswith("s3:"):  # which names no action to forms, nor to HEAD
            assert grant.action.encode() in refused.answer
    finally:
        await recorded.account.restrict(keys)


async def test_the_template_makes_what_a_shop_makes_for_itself(recorded: Recording) -> None:
    """The rest, as encryption and recovery, a shop leaves to AWS: `test_data_template` has it."""
    own = ServiceSettings(
        aws_endpoint_url=recorded.account.url,
        aws_access_key_id=ROOT,
        aws_secret_access_key=ROOT,
        name_prefix="own-",
        photos="s3://own-photos",
        store=StoreKind.DYNAMODB,
    )
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("AWS_CA_BUNDLE", str(recorded.account.certificate))
        await provision_shop(own)
        async with aws_clients(own) as clients:
            for made, its in (
                (queues_of, ((Names(PREFIX),), (Names("own-"),))),
                (subscriptions_of, ((Names(PREFIX),), (Names("own-"),))),
                (table_of, ((TABLE,), (table_name(own),))),
                (bucket_of, ((BUCKET, PREFIX), ("own-photos", "own-"))),
            ):
                by_template, by_itself = [await made(clients, *names) for names in its]
                assert by_template == by_itself
