"""A systemd unit that opens the shop when the machine starts; see systemd.exec(5)."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

_STATE = "coffeeshop"
"""The folder that systemd makes below /var/lib, or below the user's own folder for states."""

_SYSTEM_INSTALL = (
    "{command} | sudo tee /etc/systemd/system/coffeeshop.service",
    "sudo systemctl daemon-reload",
    "sudo systemctl enable --now coffeeshop",
    "journalctl -u coffeeshop -f",
)

_USER_INSTALL = (
    "mkdir -p ~/.config/systemd/user",
    "{command} --user > ~/.config/systemd/user/coffeeshop.service",
    "systemctl --user daemon-reload",
    "systemctl --user enable --now coffeeshop",
    "loginctl enable-linger    # opens it at the machine's start, before you log in",
    "journalctl --user -u coffeeshop -f",
)

_PRIVATE = (Path("/tmp"), Path("/var/tmp"))  # noqa: S108 - none is written to
"""Folders of which a system service sees its own: PrivateTmp= in systemd.exec(5)."""

_HARDENING = """\
ProtectSystem=strict
ProtectHome=read-only
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
SystemCallArchitectures=native"""
"""Managers of users cannot do most of these."""

_FIRST_FREE_PORT = 1024
"""Lower ports are for processes with a capability."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceUnit:
    """What a unit depends on; all paths are absolute.

    `settings` are variables and values without secrets, whose names are in `secrets`. Without a
    `state_dir`, systemd makes one; to make one that is not there is a step of the installation.
    `user` is None for a unit of the user's own manager. `command` prints this unit.
    """

    command: str
    python: Path
    folder: Path
    state_dir: Path | None
    state_dir_exists: bool
    user: str | None
    port: int
    grace_seconds: float
    settings: Mapping[str, str]
    secrets: tuple[str, ...] = ()

    def text(self) -> str:
        """Write the unit, with a comment on how to install it."""
        return "\n".join(
            (*self._comments(), "", *self._unit(), "", *self._service(), "", *self._install(), "")
        )

    def warnings(self) -> Iterator[str]:
        """Say what would keep the service from its orders."""
        state_dir = self.state_dir and self.state_dir.resolve()
        if self.user and state_dir and any(state_dir.is_relative_to(tmp) for tmp in _PRIVATE):
            yield (
                f"The service cannot use {self.state_dir}: systemd gives it a /tmp and a /var/tmp "
                "of its own. Move that folder, and set COFFEE_STATE_DIR."
            )

    def _comments(self) -> Iterator[str]:
        yield "# The coffee shop as a service. To install it:"
        if self.user and self.state_dir and not self.state_dir_exists:
            # The service would not start: what ReadWritePaths= names must be there (status 226).
            made = ("install", "-d", "-m", "0700", "-o", self.user, str(self.state_dir))
            yield f"#   sudo {shlex.join(made)}"
        for line in _SYSTEM_INSTALL if self.user else _USER_INSTALL:
            yield f"#   {line.format(command=self.command)}"
        yield "# Secrets belong into the EnvironmentFile below (NAME=value); let only you read it."
        for name in self.secrets:
            yield f"# {name} is set here, and left out: put it there."
        state_dir = self.state_dir or f"/var/lib/{_STATE}"
        if self.user or self.state_dir:
            yield f"# Commands find the staff key with COFFEE_STATE_DIR={state_dir}"

    def _unit(self) -> Iterator[str]:
        yield "[Unit]"
        yield "Description=Coffee shop"
        if self.user:
            yield "Wants=network-online.target"
            yield "After=network-online.target"

    def _service(self) -> Iterator[str]:
        yield "[Service]"
        yield "Type=exec"
        yield f"ExecStart={_quoted(_escaped(self.python).replace('$', '$$'))} -P -m shop.cli run"
        yield f"WorkingDirectory={_escaped(self.folder)}"
        yield from self._state()
        for name, value in self.settings.items():
            yield f"Environment={_quoted(f'{name}={_escaped(value)}')}"
        yield "EnvironmentFile=-%E/coffeeshop.env"
        yield "Restart=on-failure"
        yield "RestartSec=2"
        yield "RestartPreventExitStatus=2"  # a setting is wrong: it must be corrected first
        yield "KillMode=mixed"  # the supervisor closes its children in their order
        yield f"TimeoutStopSec={2 * self.grace_seconds + 30:g}"
        yield "UMask=0077"
        yield "NoNewPrivileges=yes"
        if self.user:
            yield f"User={self.user}"
            yield "LimitNOFILE=65536"
            yield _HARDENING
            yield from self._capabilities()

    def _state(self) -> Iterator[str]:
        if self.state_dir is None:
            yield f"StateDirectory={_STATE}"
            yield "StateDirectoryMode=0700"
            yield f'Environment="COFFEE_STATE_DIR=%S/{_STATE}"'
            return
        path = _escaped(self.state_dir)
        yield f"Environment={_quoted(f'COFFEE_STATE_DIR={path}')}"
        if self.user:
            yield f"ReadWritePaths={_quoted(path)}"

    def _capabilities(self) -> Iterator[str]:
        low = 0 < self.port < _FIRST_FREE_PORT
        yield f"CapabilityBoundingSet={'CAP_NET_BIND_SERVICE' if low else ''}"
        if low:
            yield "AmbientCapabilities=CAP_NET_BIND_SERVICE"

    def _install(self) -> Iterator[str]:
        yield "[Install]"
        yield f"WantedBy={'multi-user.target' if self.user else 'default.target'}"


def _escaped(value: object) -> str:
    """Escape what systemd would replace, its specifiers, and backslashes."""
    return str(value).replace("\\", "\\\\").replace("%", "%%").replace("\n", "\\n")


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '\\"') + '"'
