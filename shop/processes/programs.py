"""The programs of one shop: what each child runs, and with which variables and descriptors."""

from __future__ import annotations

import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from notifier.settings import own_name
from shop.processes import emulator
from shop.processes.program import Program
from shop.processes.resources import Premises
from shop.settings import ShopSettings


def on_roster(name: str) -> str:
    """Say what a barista of this machine is called on the roster, which several may share."""
    return f"{socket.gethostname()}-{name}"


@dataclass(frozen=True, slots=True)
class Programs:
    """Makes the programs that fit the settings; `log_level` is what the children log from."""

    settings: ShopSettings
    premises: Premises
    log_level: str

    def emulator(self) -> Program:
        """SQS and SNS; it holds the lock on the state folder until its state is saved."""
        held = self.premises
        variables = {
            **emulator.environment(held.emulator_port, self.settings.state_dir / "emulator"),
            "COFFEE_EMULATOR_LISTEN_FD": str(held.emulator.fileno()),
            "COFFEE_EMULATOR_LIFELINE_FD": str(held.emulator_lifeline),
        }
        descriptors = (held.emulator.fileno(), held.emulator_lifeline, held.lock)
        return Program("emulator", emulator.COMMAND, variables, descriptors)

    def counter(self) -> Program:
        """The cashier and the notifier, under the same names in each of their lives."""
        listener = self.premises.counter.fileno()
        return Program(
            "counter",
            (sys.executable, "-m", "shop.processes.counter"),
            {
                "COFFEE_NOTIFIER_INSTANCE": own_name(socket.gethostname(), self.settings.port),
                "COFFEE_CASHIER_NAME": f"{socket.gethostname()}-counter",
                **self._shared(),
                "COFFEE_LISTEN_FD": str(listener),
            },
            (listener, self.premises.lifeline, self.premises.emulator_needed),
        )

    def barista(self, number: int) -> Program:
        """One barista; its name on the roster is the same in each of its lives."""
        name = f"barista-{number}"
        return Program(
            name,
            (sys.executable, "-m", "worker"),
            {**self._shared(), "COFFEE_WORKER_NAME": on_roster(name)},
            (self.premises.lifeline, self.premises.emulator_needed),
        )

    def _shared(self) -> Mapping[str, str]:
        variables = {
            "COFFEE_PORT": str(self.settings.port),
            "COFFEE_LOG_LEVEL": self.log_level,
            "COFFEE_LIFELINE_FD": str(self.premises.lifeline),
        }
        if self.settings.aws_endpoint_url is not None:
            variables["COFFEE_AWS_ENDPOINT_URL"] = self.settings.aws_endpoint_url
        return variables
