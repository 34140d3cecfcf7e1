"""Python runs this at its start: some names mean what a file says, and each dialling is noted."""

from __future__ import annotations

import json
import os
import socket
import sys
from pathlib import Path
from typing import Any

_NAMES = Path(os.environ["CHAOS_NAMES"])
_CONNECTIONS = os.open(
    os.environ["CHAOS_CONNECTIONS"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600
)
_look_up = socket.getaddrinfo


def _look_up_here_first(host: Any, *args: Any, **kwargs: Any) -> Any:
    meanings = json.loads(_NAMES.read_text())
    return _look_up(meanings.get(host, host), *args, **kwargs)


def _note(event: str, args: tuple[object, ...]) -> None:
    if event == "socket.connect" and isinstance(args[1], tuple):
        os.write(_CONNECTIONS, f"{args[1][0]}\n".encode())


socket.getaddrinfo = _look_up_here_first
sys.addaudithook(_note)
