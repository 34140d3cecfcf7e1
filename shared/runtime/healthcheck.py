"""`python -m shared.runtime.healthcheck`: exit 0 if the service in this container is alive, else 1.

Containers have no curl, and this runs every few seconds: it imports little.
"""

from __future__ import annotations

import http.client
import os
import sys

_SECONDS = 3


def alive(port: int) -> bool:
    """Return whether the service on this port of this machine is alive."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_SECONDS)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def main() -> None:
    """Exit with the status that Docker's HEALTHCHECK expects."""
    sys.exit(0 if alive(int(os.environ.get("COFFEE_PORT") or 8080)) else 1)


if __name__ == "__main__":
    main()
