"""`python -m shop.counter`: the counter, which is cashier and notifier on one port.

Under the supervisor the listening socket is inherited, and outlives this process.
"""

from __future__ import annotations

from functools import partial

import notifier.app
import producer.app
from notifier.settings import NotifierSettings
from producer.settings import CashierSettings
from shared.runtime.startup import exit_on_startup_error, read_settings
from shared.web.service import run_web_service


def main() -> None:
    """Run the counter as its settings say."""
    with exit_on_startup_error():
        settings = read_settings(CashierSettings)
        notifying = read_settings(NotifierSettings)
        run_web_service(
            "counter",
            settings,
            [
                partial(producer.app.setup, settings=settings),
                partial(notifier.app.setup, settings=notifying),
            ],
        )


if __name__ == "__main__":
    main()
