"""The staff key is set, or made once and readable by its owner only."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from shared.web.staff_key import (
    UnusableStaffKeyError,
    load_old_staff_key,
    load_or_create_staff_key,
)

NEW, OLD = "a-key-that-is-set", "the-key-until-now"


def test_a_key_that_is_set_is_the_key_and_no_file_is_made(tmp_path: Path) -> None:
    assert load_or_create_staff_key("a-key-that-is-set", tmp_path) == "a-key-that-is-set"
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


@pytest.mark.parametrize("key", ["latte", "0123456789abcde", "s" * 40, "passpasspasspass"])
def test_a_key_that_can_be_guessed_is_refused_and_not_shown(tmp_path: Path, key: str) -> None:
    (tmp_path / "staff-key").write_text(key)
    for setting in (key, None):
        with pytest.raises(UnusableStaffKeyError, match="can be guessed") as refused:
            load_or_create_staff_key(setting, tmp_path)
        assert key not in str(refused.value)
        assert len(refused.value.lines) == 1


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


@pytest.mark.parametrize("in_file", [True, False])
def test_an_old_key_is_set_or_left_in_a_file_and_never_made(
    tmp_path: Path, *, in_file: bool
) -> None:
    assert load_old_staff_key(None, tmp_path, NEW) is None
    assert load_old_staff_key("", tmp_path, NEW) is None
    assert not [*tmp_path.iterdir()]
    if in_file:
        (tmp_path / "staff-key-old").write_text(f"{OLD}\n")
    assert load_old_staff_key(None if in_file else OLD, tmp_path, NEW) == OLD


@pytest.mark.parametrize("key", [NEW, "latte", "two words of a key"])
def test_an_old_key_that_is_the_new_one_or_none_is_refused_and_not_shown(
    tmp_path: Path, key: str
) -> None:
    (tmp_path / "staff-key-old").write_text(key)
    for setting, origin in ((key, "COFFEE_STAFF_KEY_OLD"), (None, "staff-key-old")):
        with pytest.raises(UnusableStaffKeyError, match=origin) as refused:
            load_old_staff_key(setting, tmp_path, NEW)
        assert key not in str(refused.value)
