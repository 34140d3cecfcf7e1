"""`python -m shop.processes.counter`: cashier and notifier in one process, on one port.

Only here are the page of the look, `/design`, and what reaches the supervisor.

The supervisor passes it the listening socket, which outlives this process.
"""

from __future__ import annotations

from notifier.app import notifier_service
from notifier.settings import NotifierSettings
from producer.app import cashier_service
from producer.settings import CashierSettings
from shared.runtime.startup import exit_on_startup_error, read_settings
from shared.web.pages.design.service import design_service
from shared.web.server import run_web_service
from shop.http.supervisor import supervisor_service


def main() -> None:
    """Run both as their settings say."""
    with exit_on_startup_error():
        settings = read_settings(CashierSettings)
        services = [
            cashier_service(settings),
            notifier_service(read_settings(NotifierSettings)),
            design_service(),
            supervisor_service(settings.state_dir, settings.barista_hand),
        ]
        run_web_service("counter", settings, services)


if __name__ == "__main__":
    main()
