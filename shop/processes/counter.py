"""`python -m shop.processes.counter`: the counter, which is cashier and notifier on one port.

Under the supervisor the listening socket is inherited, and outlives this process.
"""

from __future__ import annotations

from notifier.app import notifier_service
from notifier.settings import NotifierSettings
from producer.app import cashier_service
from producer.settings import CashierSettings
from shared.runtime.startup import exit_on_startup_error, read_settings
from shared.web.process import run_web_service


def main() -> None:
    """Run the counter as its settings say."""
    with exit_on_startup_error():
        settings = read_settings(CashierSettings)
        notifying = read_settings(NotifierSettings)
        run_web_service(
            "counter",
            settings,
            [cashier_service(settings), notifier_service(notifying)],
        )


if __name__ == "__main__":
    main()
