"""Looking up the names of subscribers, whose name servers may be slow, or generous."""

from __future__ import annotations

import asyncio
import errno
import socket
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeAlias

from aiohttp.abc import AbstractResolver, ResolveResult

_Name: TypeAlias = tuple[str, socket.AddressFamily]
_Found: TypeAlias = tuple[socket.AddressFamily, int, str]
"""The family, protocol and text of an address."""

THREADS = 32
_MOST_ADDRESSES = 8


class NoThreadFreeError(OSError):
    """So many names are being looked up that none more can be."""

    def __init__(self) -> None:
        super().__init__(errno.EAGAIN, "too many names are being looked up")


class SystemResolver(AbstractResolver):
    """Asks the system, in threads of its own.

    A look-up cannot be cancelled. In the threads that all of asyncio shares, subscribers with slow
    name servers would soon hold up those of everybody else, the queues included. When all threads
    are taken, nobody waits for one: that would look as if the name that waits were slow. For the
    same reason a name has one thread, however many wait for it, and however often they come again.
    """

    def __init__(self, threads: int = THREADS) -> None:
        self._threads = ThreadPoolExecutor(threads, "webhook-names")
        self._free = threading.BoundedSemaphore(threads)
        self._under_way: dict[_Name, asyncio.Future[Sequence[_Found]]] = {}

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Give the addresses of `host`; raises OSError, which NoThreadFreeError is."""
        name = host, family
        looking_up = self._under_way.get(name) or self._look_up(name)
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=found,
                proto=protocol,
                flags=socket.AI_NUMERICHOST,
            )
            for found, protocol, address in await asyncio.shield(looking_up)
        ]

    def _look_up(self, name: _Name) -> asyncio.Future[Sequence[_Found]]:
        if not self._free.acquire(blocking=False):
            raise NoThreadFreeError
        in_thread = self._threads.submit(_ask, *name)
        in_thread.add_done_callback(lambda _: self._free.release())  # later than its time-out
        looking_up = self._under_way[name] = asyncio.wrap_future(in_thread)
        looking_up.add_done_callback(lambda _: self._under_way.pop(name))
        return looking_up

    async def close(self) -> None:
        """Begin no further look-ups, and wait for none."""
        for looking_up in self._under_way.values():
            looking_up.cancel()
        self._threads.shutdown(wait=False, cancel_futures=True)


def _ask(host: str, family: socket.AddressFamily) -> Sequence[_Found]:
    infos = socket.getaddrinfo(host, None, family=family, type=socket.SOCK_STREAM)
    return [(found, protocol, str(address[0])) for found, _, protocol, _, address in infos]


class FewAddresses(AbstractResolver):
    """Passes on so few of a name's addresses that trying all of them is soon done.

    The connector tries every address, and after each failure all that are left once more: a name
    with a thousand addresses would keep the process busy for seconds.
    """

    def __init__(self, resolver: AbstractResolver) -> None:
        self._resolver = resolver

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Give the first addresses of `host`; raises OSError."""
        found: Sequence[ResolveResult] = await self._resolver.resolve(host, port, family)
        return list(found[:_MOST_ADDRESSES])

    async def close(self) -> None:
        """Close the resolver that is asked."""
        await self._resolver.close()
