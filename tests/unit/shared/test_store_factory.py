"""The settings choose the store."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from shared.clock import utc_now
from shared.runtime.settings import ServiceSettings, StoreKind
from shared.store.factory import open_store, table_name


async def test_by_default_the_store_is_a_file_in_the_state_folder(tmp_path: Path) -> None:
    settings = ServiceSettings(state_dir=tmp_path / "state", store_id="corner")

    async with open_store(settings, None, utc_now) as store:
        await store.check()

    assert settings.sqlite_path.exists()


async def test_dynamodb_without_a_client_is_refused(tmp_path: Path) -> None:
    settings = ServiceSettings(state_dir=tmp_path, store=StoreKind.DYNAMODB)

    with pytest.raises(ValueError, match="no client"):
        async with open_store(settings, None, utc_now):
            pass


def test_the_table_is_named_after_the_prefix() -> None:
    assert table_name(ServiceSettings(name_prefix="blue-")) == "blue-coffee-shop"


def test_a_table_that_is_named_is_used_whatever_the_prefix_is() -> None:
    settings = ServiceSettings(name_prefix="blue-", table="Restored_2.of-may")
    assert table_name(settings) == "Restored_2.of-may"


@pytest.mark.parametrize("name", ["ab", "a" * 256, "of may", "tables/one", "arn:aws:one"])
def test_a_name_that_dynamodb_takes_for_no_table_is_refused(name: str) -> None:
    with pytest.raises(ValidationError, match="3 to 255 of a-z, A-Z, 0-9"):
        ServiceSettings(table=name)
