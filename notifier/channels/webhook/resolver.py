"""Look up the names of subscribers, which may be slow, or have too many addresses."""

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
    """All threads are looking names up."""

    def __init__(self) -> None:
        super().__init__(errno.EAGAIN, "too many names are being looked up")


class SystemResolver(AbstractResolver):
    """Looks names up by the system, in threads of its own.

    A look-up cannot be cancelled. In the threads that all of asyncio shares, slow name servers
    would soon delay everybody else, the queues included. When all threads are busy, a look-up
    fails at once: if it waited, its own name would seem slow. For the same reason look-ups of one
    name share a thread.
    """

    def __init__(self, threads: int = THREADS) -> None:
        self._threads = ThreadPoolExecutor(threads, "webhook-names")
        self._free = threading.BoundedSemaphore(threads)
        self._in_progress: dict[_Name, asyncio.Future[Sequence[_Found]]] = {}

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return the addresses of `host`; raises OSError (NoThreadFreeError is one)."""
        name = host, family
        lookup = self._in_progress.get(name) or self._start(name)
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=found,
                proto=protocol,
                flags=socket.AI_NUMERICHOST,
            )
            for found, protocol, address in await asyncio.shield(lookup)
        ]

    def _start(self, name: _Name) -> asyncio.Future[Sequence[_Found]]:
        if not self._free.acquire(blocking=False):
            raise NoThreadFreeError
        try:
            in_thread = self._threads.submit(_addresses, *name)
        except RuntimeError as error:  # the system gives the process no more threads
            self._free.release()
            raise NoThreadFreeError from error
        in_thread.add_done_callback(lambda _: self._free.release())  # maybe after its time-out
        lookup = self._in_progress[name] = asyncio.wrap_future(in_thread)
        lookup.add_done_callback(lambda _: self._in_progress.pop(name))
        return lookup

    async def close(self) -> None:
        """Start no more look-ups, and wait for none."""
        for lookup in self._in_progress.values():
            lookup.cancel()
        self._threads.shutdown(wait=False, cancel_futures=True)


def _addresses(host: str, family: socket.AddressFamily) -> Sequence[_Found]:
    infos = socket.getaddrinfo(host, None, family=family, type=socket.SOCK_STREAM)
    return [(found, protocol, str(address[0])) for found, _, protocol, _, address in infos]


class BoundedResolver(AbstractResolver):
    """Returns only the first addresses of a name, and fails after `seconds` without an answer.

    After each failure, the connector tries all that are left once more: a name with a thousand
    addresses would keep the process busy for seconds. And if the time of the whole attempt ran out
    during the look-up, our silent name server would seem to be a silent subscriber.
    """

    def __init__(self, resolver: AbstractResolver, seconds: float) -> None:
        self._resolver = resolver
        self._seconds = seconds

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return the first addresses of `host`; raises OSError."""
        try:
            async with asyncio.timeout(self._seconds):
                found: Sequence[ResolveResult] = await self._resolver.resolve(host, port, family)
        except TimeoutError as error:
            raise OSError(socket.EAI_AGAIN, "no name server has answered in time") from error
        return list(found[:_MOST_ADDRESSES])

    async def close(self) -> None:
        """Close the wrapped resolver."""
        await self._resolver.close()
