"""`python -m notifier`: the notifier alone, until SIGTERM."""

from __future__ import annotations

from functools import partial

from notifier.app import setup
from notifier.settings import NotifierSettings
from shared.runtime.startup import exit_on_startup_error, read_settings
from shared.web.service import run_web_service


def main() -> None:
    """Run the notifier as its settings say."""
    with exit_on_startup_error():
        settings = read_settings(NotifierSettings)
        run_web_service("notifier", settings, [partial(setup, settings=settings)])


if __name__ == "__main__":
    main()
