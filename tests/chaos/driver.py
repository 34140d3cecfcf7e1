"""A shop of real processes under faults: opens it, drives it, and gathers the evidence."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import signal
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from pathlib import Path

import aiohttp

from shared.aws.clients import AwsClients, aws_clients
from shared.aws.names import Names
from shared.aws.provisioning import MAX_RECEIVE_COUNT, provision
from shared.aws.queue import SqsQueue
from shared.aws.queues import open_orders_queue
from shared.clock import utc_now
from shared.domain.order import Order, OrderState
from shared.runtime.settings import ServiceSettings
from shared.store.contract import Store
from shared.store.factory import open_store
from tests.chaos.barista_pool import STARTS_WITHIN, BaristaPool
from tests.chaos.evidence import AtRest, Evidence, Outage
from tests.chaos.gathering import all_orders, dead_letters
from tests.chaos.listener import Listener, listening
from tests.chaos.order_hook import OrderHook
from tests.chaos.processes import Launcher, ServiceProcess, launching
from tests.chaos.report import Row
from tests.chaos.witness import QueueWitness
from tests.support.customers import Customers
from tests.support.emulator import free_port
from tests.support.faults.proxy import Proxy, open_proxy
from tests.support.faults.rules import Faults
from tests.support.ledger import Ledger
from tests.support.waiting import until
from tests.support.web import STAFF_KEY

VISIBILITY_SECONDS = 4
POLL_SECONDS = 1
_MANY = 20_000


@dataclass
class ChaosShop:
    """One shop: its counter and its baristas are processes, each behind a proxy."""

    clients: AwsClients
    names: Names
    store: Store
    store_file: Path
    queue: SqsQueue
    listener: Listener
    launcher: Launcher
    pool: BaristaPool
    faults: Faults
    witness: QueueWitness
    counter_proxy: Proxy
    http: aiohttp.ClientSession
    customers: Customers
    ledger: Ledger
    counters: list[ServiceProcess] = field(default_factory=list)
    outages: list[Outage] = field(default_factory=list)
    poison: list[str] = field(default_factory=list)
    hook: OrderHook | None = None
    """A subscriber with a webhook, if there is one."""

    noted: Row | None = None
    """The results of earlier runs, in a shop that several runs share."""

    @property
    def counter(self) -> ServiceProcess:
        """The current process of the counter."""
        return self.counters[-1]

    @property
    def kills(self) -> int:
        """How many processes of the shop were killed."""
        killed = [one for one in self.counters if one.process.returncode == -signal.SIGKILL]
        return len(self.pool.kills) + len(killed)

    async def open_counter(self) -> None:
        """Start the counter, and return once it is ready."""
        self.counters.append(
            await self.launcher.start(
                "shop.processes.counter", "counter", COFFEE_AWS_ENDPOINT_URL=self.counter_proxy.url
            )
        )
        await self.answers("/readyz", HTTPStatus.OK, STARTS_WITHIN)

    async def answers(self, path: str, status: int, seconds: float) -> None:
        """Wait until the counter answers a GET with this status."""

        async def answered() -> bool:
            with contextlib.suppress(aiohttp.ClientError):
                async with self.http.get(path) as response:
                    return response.status == status
            return False

        await until(answered, seconds)

    async def send_poison(self, *bodies: str) -> None:
        """Queue tickets that can never be served."""
        self.poison += bodies
        await asyncio.gather(*(self.queue.send(body) for body in bodies))

    async def order(self, order_id: str) -> Order:
        """Read an order from the store."""
        order = await self.store.get(order_id)
        assert order is not None
        return order

    async def reaches(
        self, order_id: str, state: OrderState, seconds: float = 20, attempt: int = 0
    ) -> Order:
        """Wait until an order is in a state, in that attempt or a later one."""

        async def reached() -> bool:
            order = await self.order(order_id)
            return order.state is state and order.attempt >= attempt

        await until(reached, seconds)
        return await self.order(order_id)

    async def comes_to_rest(self, seconds: float) -> None:
        """Wait until acknowledged orders are finished, the queues empty, and all events received.

        If that takes longer than so many seconds, the evidence will show it.
        """
        with contextlib.suppress(TimeoutError):
            await until(self._at_rest, seconds)

    async def evidence(self) -> Evidence:
        """Gather the evidence at the end of the run."""
        visible, in_flight = await self.queue.waiting_and_in_flight()
        return Evidence(
            ledger=self.ledger,
            orders=await all_orders(self.store),
            announcements=self.listener.received,
            hooked=self.hook.received if self.hook else None,
            secrets=self.hook.secrets if self.hook else (),
            seen=self.witness.seen,
            at_rest=AtRest(visible, in_flight),
            dead_letters=await dead_letters(self.clients, self.names),
            poison=self.poison,
            outages=self.outages,
            logs=self.launcher.logs(),
            max_receive_count=MAX_RECEIVE_COUNT,
        )

    async def _at_rest(self) -> bool:
        under_way = await self.store.open_orders({OrderState.PLACED, OrderState.PREPARING}, _MANY)
        return (
            not {order.id for order in under_way}.intersection(self.ledger.acknowledged)
            and await self.queue.waiting_and_in_flight() == (0, 0)
            and await self.listener.is_idle()
            and self._all_received(await all_orders(self.store))
        )

    def _all_received(self, orders: Sequence[Order]) -> bool:
        changes = {f"{order.id}:{n}" for order in orders for n in range(1, order.version + 1)}
        listeners = [self.listener.received, *([self.hook.received] if self.hook else [])]
        return all(changes <= {event.id for event in received} for received in listeners)


@contextlib.asynccontextmanager
async def open_chaos_shop(
    emulator: str, folder: Path, seed: int, *, baristas: int = 1, **variables: str
) -> AsyncIterator[ChaosShop]:
    """Open a shop of its own at an emulator; `variables` are for its services."""
    port, prefix = free_port(), f"c{secrets.token_hex(4)}-"
    settings = ServiceSettings(aws_endpoint_url=emulator, state_dir=folder, name_prefix=prefix)
    names, faults, ledger = Names(prefix), Faults(seed), Ledger()
    async with contextlib.AsyncExitStack() as stack:
        enter = stack.enter_async_context
        clients = await enter(aws_clients(settings))
        await provision(clients, names)
        store = await enter(open_store(settings, None, utc_now))
        witness = QueueWitness(store, names)
        proxy = partial(open_proxy, emulator=emulator, faults=faults, witness=witness)
        connector = aiohttp.TCPConnector(limit=0)
        http = aiohttp.ClientSession(f"http://127.0.0.1:{port}", connector=connector)
        counter_proxy, _ = await enter(proxy("counter")), await enter(http)
        environment = {**_environment(folder, prefix, port), **variables}
        launcher = await enter(launching(folder, environment))
        pool = BaristaPool(launcher, proxy, witness.seen, seed)
        stack.push_async_callback(pool.close)
        shop = ChaosShop(
            clients=clients,
            names=names,
            store=store,
            store_file=settings.sqlite_path,
            queue=await enter(open_orders_queue(clients, names)),
            listener=await enter(listening(clients, names)),
            launcher=launcher,
            pool=pool,
            faults=faults,
            witness=witness,
            counter_proxy=counter_proxy,
            http=http,
            customers=Customers(http, ledger, seed),
            ledger=ledger,
        )
        stack.push_async_callback(launcher.kill_all)
        await asyncio.gather(shop.open_counter(), *(pool.start_one() for _ in range(baristas)))
        yield shop


def _environment(folder: Path, prefix: str, port: int) -> dict[str, str]:
    return {
        "COFFEE_STATE_DIR": str(folder),
        "COFFEE_NAME_PREFIX": prefix,
        "COFFEE_PORT": str(port),
        "COFFEE_STAFF_KEY": STAFF_KEY,
        "COFFEE_NOTIFIER_INSTANCE": "chaos",
        "COFFEE_ORDERS_PER_MINUTE": "0",
        "COFFEE_VISIBILITY_TIMEOUT": str(VISIBILITY_SECONDS),
        "COFFEE_POLL_SECONDS": str(POLL_SECONDS),
        "COFFEE_GRACE_SECONDS": "10",
        "COFFEE_BREW_SPEED": "0",
        "COFFEE_LOG_FORMAT": "json",
    }
