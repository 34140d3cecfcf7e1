"""The programs of one shop: what each child runs, with which variables and descriptors."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from notifier.settings import own_name
from shared.runtime.settings import StoreKind
from shop.processes import emulator
from shop.processes.program import Program, Watched, python_module
from shop.processes.resources import Resources
from shop.settings import ShopSettings


def heartbeat_name(name: str) -> str:
    """Return a worker's name in the heartbeats, which several machines may share."""
    return f"{socket.gethostname()}-{name}"


EMULATOR_POLL_SECONDS = 5
"""A shop that closes does not wait for polls of its emulator, so an idle one polls less often.

Two of them, as after a restart of the emulator, take as long as one may before it has stalled.
"""

FAST_RETRIES = {"AWS_NEW_RETRIES_2026": "true"}
"""botocore's first retry follows within 50 ms, not a second; it reads this when it is imported."""


@dataclass(frozen=True, slots=True)
class Programs:
    """Makes the programs that fit the settings; `log_level` is that of all children.

    `credentials` are the embedded emulator's, made for this opening of the shop. `worker_port` is
    the first barista's, if they are to have any. With `poll_seconds`, polls last that long.
    """

    settings: ShopSettings
    resources: Resources
    log_level: str
    credentials: emulator.Credentials
    worker_port: int | None = None
    poll_seconds: int | None = None

    def emulator(self) -> Program:
        """SQS and SNS; it holds the lock on the state folder until its state is saved."""
        held = self.resources
        variables = {
            **emulator.environment(
                held.emulator_port, self.settings.state_dir / "emulator", self.credentials
            ),
            "COFFEE_EMULATOR_LISTEN_FD": str(held.emulator.fileno()),
            "COFFEE_EMULATOR_LIFELINE_FD": str(held.emulator_lifeline),
            "COFFEE_EMULATOR_SHOP_LIFELINE_FD": str(held.lifeline),
        }
        descriptors = (held.emulator.fileno(), held.emulator_lifeline, held.lifeline, held.lock)
        return Program(
            "emulator",
            emulator.COMMAND,
            variables,
            descriptors,
            self._watched("COFFEE_EMULATOR_WATCHDOG_FD"),
            (self.settings.state_dir,),
        )

    def counter(self) -> Program:
        """The cashier and the notifier; restarts keep their names.

        A shop that is started again has a new name for the notifier: SQS creates no queue within
        60 s of its removal.
        """
        listener = self.resources.counter.fileno()
        return Program(
            "counter",
            python_module("shop.processes.counter"),
            {
                "COFFEE_NOTIFIER_INSTANCE": own_name(
                    socket.gethostname(), self.settings.port, str(os.getpid())
                ),
                "COFFEE_CASHIER_NAME": f"{socket.gethostname()}-counter",
                **self._shared(),
                "COFFEE_LISTEN_FD": str(listener),
            },
            (listener, self.resources.lifeline, self.resources.emulator_needed),
            self._watched("COFFEE_WATCHDOG_FD"),
            self._state(),
        )

    def worker(self, number: int) -> Program:
        """One worker; restarts keep its name in the heartbeats."""
        name = f"barista-{number}"
        return Program(
            name,
            python_module("worker"),
            {
                **self._shared(),
                "COFFEE_WORKER_NAME": heartbeat_name(name),
                **self._port_of(number),
            },
            (self.resources.lifeline, self.resources.emulator_needed),
            self._watched("COFFEE_WATCHDOG_FD"),
            self._state(),
        )

    def photo_worker(self, number: int) -> Program:
        """One photo worker, which has no port: those that follow a barista's are baristas'."""
        return Program(
            f"photos-{number}",
            python_module("worker.photos"),
            {**self._shared(), "COFFEE_WORKER_PORT": ""},
            (self.resources.lifeline, self.resources.emulator_needed),
            self._watched("COFFEE_WATCHDOG_FD"),
            self._state(),
        )

    def _state(self) -> tuple[Path, ...]:
        """Return what has the orders, if they are in files: no child makes another."""
        if self.settings.store is not StoreKind.SQLITE:
            return ()
        return self.settings.state_dir, self.settings.sqlite_path

    def _port_of(self, number: int) -> Mapping[str, str]:
        if not self.worker_port:  # 0 is any free port, for each of them
            return {}
        return {"COFFEE_WORKER_PORT": str(self.worker_port + number - 1)}

    def _watched(self, variable: str) -> Watched | None:
        seconds = self.settings.watchdog_seconds
        return Watched(variable, seconds) if seconds else None

    def _shared(self) -> Mapping[str, str]:
        variables = {
            **FAST_RETRIES,
            "COFFEE_PORT": str(self.settings.port),
            "COFFEE_LOG_LEVEL": self.log_level,
            "COFFEE_LIFELINE_FD": str(self.resources.lifeline),
            "COFFEE_STATE_IS_MADE": "on",
        }
        if self.poll_seconds is not None:
            variables["COFFEE_POLL_SECONDS"] = str(self.poll_seconds)
        for name in ("aws_endpoint_url", "aws_access_key_id", "aws_secret_access_key"):
            if (value := getattr(self.settings, name)) is not None:
                variables[f"COFFEE_{name.upper()}"] = value
        return variables
