"""A deliverer on a machine of its own whose network breaks, and is mended after some attempts.

`python -m tests.support.cut_off_shop <fault> <folder>` needs network and mount namespaces of its
own, as `unshare -Urnm` gives. It writes what is on record while broken, and in the end, to
`records.json` in the folder.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import fcntl
import json
import resource
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

from tests.support.one_delivery import OneDelivery, one_delivery
from tests.support.webhooks import answers

ATTEMPTS = 4
"""More than the schedule has: two failures that counted would be the last."""

NAME = "guest.localhost"
RECORDS = "records.json"
_SECONDS = 0.5

_SERVFAIL, _REFUSED = 2, 5
_SIOCSIFFLAGS, _IFF_UP = 0x8914, 1

Change: TypeAlias = Callable[[], None]


class NameServer:
    """Answers each question for an address alike: with some addresses, a failure, or nothing."""

    def __init__(
        self, addresses: Sequence[str] = ("127.0.0.1",), failure: int = 0, *, silent: bool = False
    ) -> None:
        self._silent = silent
        self._failure = failure
        self._addresses = addresses
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 53))
        threading.Thread(target=self._serve, daemon=True).start()

    def mend(self) -> None:
        self._addresses, self._failure, self._silent = ("127.0.0.1",), 0, False

    def _serve(self) -> None:
        while True:
            query, client = self._socket.recvfrom(512)
            if not self._silent:
                self._socket.sendto(self._answer(query), client)

    def _answer(self, query: bytes) -> bytes:
        """Answer as RFC 1035, section 4.1, and RFC 3596 for IPv6, say."""
        end = query.index(b"\0", 12) + 5
        [kind] = struct.unpack("!H", query[end - 4 : end - 2])
        family = {1: socket.AF_INET, 28: socket.AF_INET6}.get(kind)
        data = [
            socket.inet_pton(family, address)
            for address in self._addresses
            if not self._failure
            and family is (socket.AF_INET6 if ":" in address else socket.AF_INET)
        ]
        head = struct.pack("!HHHHH", 0x8180 | self._failure, 1, len(data), 0, 0)
        records = [struct.pack("!HHHIH", 0xC00C, kind, 1, 0, len(one)) + one for one in data]
        return query[:2] + head + query[12:end] + b"".join(records)


def set_loopback_up() -> None:
    """Set the flag of the interface, netdevice(7)."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", _IFF_UP))


def no_name_server() -> tuple[Change, Change]:
    return nothing, lambda: NameServer().mend()


def name_server(
    *addresses: str, failure: int = 0, silent: bool = False
) -> Callable[[], tuple[Change, Change]]:
    return lambda: (nothing, NameServer(addresses, failure, silent=silent).mend)


def nothing() -> None:
    """Break nothing: it is broken already."""


def no_sockets() -> tuple[Change, Change]:
    NameServer()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return (
        lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard)),
        lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard)),
    )


FAULTS: Mapping[str, Callable[[], tuple[Change, Change]]] = {
    "no network": name_server("8.8.8.8", "2606:4700::1111", "2606:4700::1001"),
    "no sockets": no_sockets,
    "no name server": no_name_server,
    "a silent name server": name_server(silent=True),
    "a failing name server": name_server(failure=_SERVFAIL),
    "a name server that refuses": name_server(failure=_REFUSED),
}
"""What breaks and what mends the machine, once made. No route leads to any address but loopback."""


async def attempt(one: OneDelivery) -> Mapping[str, object]:
    """Attempt the delivery when it is due again; return what is on record then."""
    one.clock.moved += dt.timedelta(days=1)
    await one.run_job()
    delivery, subscription = await one.recorded(), await one.store.subscription(one.subscription.id)
    assert subscription is not None
    return {
        "delivery": delivery.state,
        "attempts": delivery.attempts,
        "subscription": subscription.state,
        "error": delivery.error,
        "received": len(one.subscriber.received),
    }


def ask_the_name_server_here(folder: Path) -> None:
    """Have the system ask 127.0.0.1 for names, in this mount namespace alone."""
    chosen = folder / "resolv.conf"
    chosen.write_text("nameserver 127.0.0.1\n")
    subprocess.run(["mount", "--bind", str(chosen), "/etc/resolv.conf"], check=True)


async def main(fault: str, folder: Path) -> None:
    ask_the_name_server_here(folder)
    set_loopback_up()
    break_it, mend = FAULTS[fault]()
    async with one_delivery(folder, answers(204), NAME, _SECONDS) as one:
        break_it()
        broken = [await attempt(one) for _ in range(ATTEMPTS)]
        mend()
        # A look-up that is in progress asks again only after five seconds, resolv.conf(5).
        while (mended := await attempt(one))["delivery"] == "due":
            pass
    (folder / RECORDS).write_text(json.dumps([*broken, mended]))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2])))
