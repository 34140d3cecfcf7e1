"""`python -m notifier`: the notifier alone, until SIGTERM."""

from __future__ import annotations

from notifier.app import notifier_service
from notifier.settings import NotifierSettings
from shared.runtime.startup import exit_on_startup_error, read_settings
from shared.web.server import run_web_service


def main() -> None:
    """Run the notifier as its settings say."""
    with exit_on_startup_error():
        settings = read_settings(NotifierSettings)
        run_web_service("notifier", settings, [notifier_service(settings)])


if __name__ == "__main__":
    main()
