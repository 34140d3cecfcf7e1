"""`coffeeshop backup` and `coffeeshop restore`: the order store of this machine as one file."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shop.cli import terminal
from shop.cli.options import AsJson
from shop.client.own_command import own_command

if TYPE_CHECKING:
    from shared.domain.staff import StaffKey
    from shared.runtime.settings import ServiceSettings
    from shop.backup.copying import Contents
    from shop.backup.numbers import ShopDay
    from shop.backup.restoring import Restored

File = Annotated[Path, typer.Argument(metavar="FILE", show_default=False)]

_NOT_IN_IT = (
    "Not in it: the staff key ({folder}/staff-key), the mail folder, the menu file, and what waits "
    "in queues, which is queued again."
)


def backup(
    file: File,
    force: Annotated[  # noqa: FBT002
        bool, typer.Option("--force", help="Write over FILE if it is a backup.")
    ] = False,
    as_json: AsJson = False,  # noqa: FBT002
) -> None:
    """Copy the orders and photos of this machine's shop into a file; it may stay open.

    The copy has all that was acknowledged before: orders, subscriptions, topics, settings, photos.
    It has names and addresses of customers, so only you can read it.

    **Examples**

    - `coffeeshop backup friday.sqlite3`
    - `COFFEE_STATE_DIR=/srv/coffee coffeeshop backup --force nightly.sqlite3`
    """
    from shop.backup.saving import save_store  # noqa: PLC0415 - other commands need not load it

    with errors_told():
        settings = _of_this_machine()
        with _progress() as progress:
            contents = save_store(
                settings.sqlite_path, _photos_of(settings), file, progress, force=force
            )
    if as_json:
        terminal.print_json({"file": str(file), **asdict(contents)})
    else:
        terminal.say(
            f"{file} holds {_summary(contents)}.",
            *_photos_held(contents, settings),
            _NOT_IN_IT.format(folder=settings.state_dir),
            f"To restore it: {own_command('restore', str(file))}",
        )


def restore(
    file: File,
    force: Annotated[  # noqa: FBT002
        bool, typer.Option("--force", help="Keep the store that is there under another name.")
    ] = False,
    nothing_sold: Annotated[  # noqa: FBT002
        bool, typer.Option("--nothing-sold", help="No order was placed after the backup was made.")
    ] = False,
    as_json: AsJson = False,  # noqa: FBT002
) -> None:
    """Put a backup into $COFFEE_STATE_DIR, where the shop must be closed.

    FILE stays as it is, and is checked first. When the shop opens, open orders are queued again,
    and what changed after the backup was made is lost. No number is called twice on a day: where no
    store is left that knows them, 1,000 are left out, unless nothing was sold.

    **Examples**

    - `coffeeshop restore friday.sqlite3`
    - `COFFEE_STATE_DIR=/srv/coffee coffeeshop restore nightly.sqlite3 --force`
    - `coffeeshop restore moved.sqlite3 --nothing-sold`
    """
    from shop.backup.restoring import restore_store  # noqa: PLC0415 - as above
    from shop.processes.lock import locked  # noqa: PLC0415

    with errors_told():
        settings = _of_this_machine()
        with locked(settings.state_dir, seconds=0), _progress() as progress:
            restored = restore_store(
                file,
                settings.sqlite_path,
                _photos_of(settings),
                progress,
                force=force,
                sold_since=None if nothing_sold else day_of(settings),
            )
    if as_json:
        kept_as = restored.kept_as and str(restored.kept_as)
        keys = [{"name": key.name, "role": key.role} for key in restored.keys]
        terminal.print_json(
            {
                **asdict(restored.contents),
                "kept_as": kept_as,
                "keys": keys,
                "numbers_left_out": restored.numbers_left_out,
            }
        )
    else:
        terminal.say(*_report(restored, settings))


def _report(restored: Restored, settings: ServiceSettings) -> Iterator[str]:
    contents = restored.contents
    yield f"Restored {_summary(contents)}."
    if contents.photos.bytes and settings.photos is None:
        yield f"In {settings.photos_dir}/: {_described(contents)}."
    elif contents.photos.bytes:
        yield f"Not restored: {_described(contents)}, since COFFEE_PHOTOS is {settings.photos}."
    if restored.kept_as is not None:
        yield f"The store that was there is kept as {restored.kept_as}"
    if restored.numbers_left_out:
        yield (
            f"Order numbers go on {restored.numbers_left_out:,} further, since nothing here says "
            "which were called after the backup was made."
        )
    if contents.store_ids and settings.store_id not in contents.store_ids:
        names = ", ".join(contents.store_ids)
        yield f"None of its orders is of the shop {settings.store_id}: COFFEE_STORE_ID is {names}."
    yield from keys_told(restored.keys)
    folder = str(settings.state_dir)
    yield f"To open the shop: {own_command('run', COFFEE_STATE_DIR=folder)}"


def day_of(settings: ServiceSettings) -> ShopDay:
    """Say which shop it is, and which date it has."""
    from zoneinfo import ZoneInfo  # noqa: PLC0415 - other commands need not load it

    from shared.clock import utc_now  # noqa: PLC0415 - as above
    from shop.backup.numbers import ShopDay  # noqa: PLC0415 - as above

    return ShopDay(settings.store_id, utc_now().astimezone(ZoneInfo(settings.timezone)).date())


def keys_told(keys: Sequence[StaffKey]) -> Iterator[str]:
    """Name the staff keys that are valid in a restored store, if there are any."""
    if keys:
        names = ", ".join(f"{key.name} ({key.role})" for key in keys)
        withdraw = own_command("keys", "withdraw", "NAME")
        yield f"Staff keys that are valid now: {names}. To withdraw one: {withdraw}"


def _summary(contents: Contents) -> str:
    return (
        f"{_count(contents.orders, 'order')} ({contents.open_orders} open) and "
        f"{_count(contents.subscriptions, 'subscription')}, in schema version {contents.schema}"
    )


def _photos_held(contents: Contents, settings: ServiceSettings) -> Iterator[str]:
    if settings.photos is not None:
        yield f"The photos are in {settings.photos}, and not in it."
    elif contents.photos.bytes:
        yield f"It has {_described(contents)}."


def _described(contents: Contents) -> str:
    held = contents.photos
    uploads = f" and {_count(held.uploads, 'upload')} that wait" if held.uploads else ""
    return f"{_count(held.pictures, 'photo')}{uploads} ({held.bytes / 1e6:,.1f} MB)"


def _photos_of(settings: ServiceSettings) -> Path | None:
    """Return the folder of photos; None where they are in S3."""
    return settings.photos_dir if settings.photos is None else None


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def _of_this_machine() -> ServiceSettings:
    """Read the settings; raises StartupError where the orders are not in a file."""
    from shared.runtime.settings import ServiceSettings, StoreKind  # noqa: PLC0415
    from shared.runtime.startup import StartupError, read_settings  # noqa: PLC0415

    settings = read_settings(ServiceSettings)
    if settings.store is StoreKind.DYNAMODB:
        from shared.store.factory import table_name  # noqa: PLC0415 - loads AWS's libraries

        raise StartupError(
            f"The orders are in DynamoDB, in the table {table_name(settings)}: back it up there. "
            "`aws dynamodb create-backup` and `restore-table-to-point-in-time` do it, and "
            f"`{own_command('adopt', 'TABLE')}` makes a restored table ready."
        )
    return settings


@contextlib.contextmanager
def errors_told() -> Iterator[None]:
    """End the command with a line for each error that its user can correct."""
    from shared.runtime.startup import StartupError  # noqa: PLC0415
    from shop.backup.copying import BackupError, MisusedError  # noqa: PLC0415
    from shop.processes.lock import StateDirError  # noqa: PLC0415

    try:
        yield
    except MisusedError as error:
        terminal.complain(str(error))
        raise typer.Exit(terminal.MISUSED) from error
    except (BackupError, StateDirError) as error:
        terminal.complain(str(error))
        raise typer.Exit(terminal.FAILED) from error
    except StartupError as error:
        terminal.complain(*error.lines)
        raise typer.Exit(terminal.MISUSED) from error
    except OSError as error:
        terminal.complain(f"{error.filename or 'The file'}: {error.strerror or error}")
        raise typer.Exit(terminal.FAILED) from error
    except KeyboardInterrupt as error:
        raise typer.Exit(terminal.INTERRUPTED) from error


@contextlib.contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    """Show a bar of a copy that takes more than one step; give the function that moves it."""
    with terminal.bars() as bars:

        def show(done: int, total: int) -> None:
            if not bars.tasks and done < total:
                bars.add_task("pages", total=total)
            for task in bars.tasks:
                bars.update(task.id, completed=done)

        yield show
