"""`python -m producer`: the cashier alone, until SIGTERM."""

from __future__ import annotations

from producer.app import cashier_service
from producer.settings import CashierSettings
from shared.runtime.startup import exit_on_startup_error, read_settings
from shared.web.server import run_web_service


def main() -> None:
    """Run the cashier as its settings say."""
    with exit_on_startup_error():
        settings = read_settings(CashierSettings)
        run_web_service("producer", settings, [cashier_service(settings)])


if __name__ == "__main__":
    main()
