"""The staff key is set, or made once and readable by its owner only."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import structlog

from shared.web.staff_key import UnusableStaffKeyError, load_or_create_staff_key


def test_a_key_that_is_set_is_the_key_and_no_file_is_made(tmp_path: Path) -> None:
    assert load_or_create_staff_key("set", tmp_path) == "set"
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize("unset", [None, ""])
def test_a_key_is_made_once_and_only_its_owner_may_read_it(
    tmp_path: Path, unset: str | None
) -> None:
    state_dir = tmp_path / "var"
    key = load_or_create_staff_key(unset, state_dir)
    assert len(key) >= 32
    assert load_or_create_staff_key(unset, state_dir) == key
    assert [(file.name, file.stat().st_mode & 0o777) for file in state_dir.iterdir()] == [
        ("staff-key", 0o600)
    ]


def test_a_key_that_is_easily_guessed_is_taken_with_a_warning(tmp_path: Path) -> None:
    with structlog.testing.capture_logs() as logs:
        assert load_or_create_staff_key("s" * 15, tmp_path) == "s" * 15
        assert load_or_create_staff_key("s" * 16, tmp_path) == "s" * 16
    assert [log["event"] for log in logs] == ["staff_key.is_short"]
    assert "sss" not in str(logs)


def test_those_who_start_at_once_agree_on_one_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as starters:
        keys = [*starters.map(lambda _: load_or_create_staff_key(None, tmp_path), range(64))]
    assert len(set(keys)) == 1
    assert [file.name for file in tmp_path.iterdir()] == ["staff-key"]


def test_a_file_that_others_may_read_is_taken_back(tmp_path: Path) -> None:
    file = tmp_path / "staff-key"
    file.write_text("copied-carelessly\n")
    file.chmod(0o644)
    assert load_or_create_staff_key(None, tmp_path) == "copied-carelessly"
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("content", ["", "\n", "two words", "caffè", "a\nb"])
def test_a_key_that_no_header_can_carry_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "staff-key").write_text(content)
    with pytest.raises(UnusableStaffKeyError, match="staff-key must be visible ASCII"):
        load_or_create_staff_key(None, tmp_path)


def test_a_setting_that_no_header_can_carry_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnusableStaffKeyError, match="COFFEE_STAFF_KEY"):
        load_or_create_staff_key("two words", tmp_path)
