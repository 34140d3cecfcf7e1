"""`python -m shared.runtime.healthcheck`: exit 0 if the service in this container is alive, else 1.

Containers have no curl, and this runs every few seconds: it imports little.
"""

from __future__ import annotations

import http.client
import os
import sys

_SECONDS = 3
_EVERY_ADDRESS = {"", "0.0.0.0", "::"}  # noqa: S104 - addresses to recognise


def alive(port: int, host: str = "") -> bool:
    """Return whether the service that listens on this host and port is alive."""
    reachable = "127.0.0.1" if host in _EVERY_ADDRESS else host
    connection = http.client.HTTPConnection(reachable, port, timeout=_SECONDS)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def main() -> None:
    """Exit with the status that Docker's HEALTHCHECK expects."""
    port = os.environ.get("COFFEE_PORT") or ""
    # Kubernetes sets it to tcp://… for a service called coffee.
    number = int(port) if port.isdecimal() else 8080
    sys.exit(0 if alive(number, os.environ.get("COFFEE_HOST", "")) else 1)


if __name__ == "__main__":
    main()
