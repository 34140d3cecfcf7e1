"""Looking up the names of subscribers, whose name servers may be slow, or generous."""

from __future__ import annotations

import asyncio
import functools
import socket
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from aiohttp.abc import AbstractResolver, ResolveResult

_THREADS = 32
_MOST_ADDRESSES = 8


class SystemResolver(AbstractResolver):
    """Asks the system, in threads of its own.

    A look-up cannot be cancelled. In the threads that all of asyncio shares, subscribers with slow
    name servers would soon hold up those of everybody else, the queues included.
    """

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_THREADS, "webhook-names")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Give the addresses of `host`; raises OSError."""
        look_up = functools.partial(
            socket.getaddrinfo, host, port, family=family, type=socket.SOCK_STREAM
        )
        infos = await asyncio.get_running_loop().run_in_executor(self._threads, look_up)
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
