"""Looking up the names of subscribers, whose name servers may be slow, or generous."""

from __future__ import annotations

import asyncio
import errno
import functools
import socket
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from aiohttp.abc import AbstractResolver, ResolveResult

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
    are taken, nobody waits for one: that would look as if the name that waits were slow.
    """

    def __init__(self, threads: int = THREADS) -> None:
        self._threads = ThreadPoolExecutor(threads, "webhook-names")
        self._free = threading.BoundedSemaphore(threads)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Give the addresses of `host`; raises OSError, which NoThreadFreeError is."""
        look_up = functools.partial(
            socket.getaddrinfo, host, port, family=family, type=socket.SOCK_STREAM
        )
        if not self._free.acquire(blocking=False):
            raise NoThreadFreeError
        looking_up = self._threads.submit(look_up)
        looking_up.add_done_callback(lambda _: self._free.release())  # later than its time-out
        infos = await asyncio.wrap_future(looking_up)
        return [
            ResolveResult(
                hostname=host,
                host=str(address[0]),
                port=port,
                family=found,
                proto=protocol,
                flags=socket.AI_NUMERICHOST,
            )
            for found, _, protocol, _, address in infos
        ]

    async def close(self) -> None:
        """Begin no further look-ups."""
        self._threads.shutdown(wait=False, cancel_futures=True)


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
