"""Subjects and names arrive as they were written, by every Python that the shop runs on."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.channels.email import headers
from notifier.channels.email.headers import encoded, one_line
from tests.support import header_round_trips
from tests.support.header_round_trips import arrives, written

VERSIONS = ("3.11", "3.12", "3.13", "3.14")
SUBJECTS = 1500


def interpreters() -> dict[str, Path]:
    """The Pythons of this machine, one for each version."""
    installed = Path.home().glob(".pyenv/versions/3.*/bin/python")
    others = {path.parts[-3].rpartition(".")[0]: path for path in installed}
    return {**others, f"3.{sys.version_info.minor}": Path(sys.executable)}


@pytest.mark.parametrize("version", VERSIONS)
def test_thousands_of_random_subjects_and_names_arrive_by_each_python(version: str) -> None:
    python = interpreters().get(version)
    if python is None:
        pytest.skip(f"Python {version} is not installed here")
    script, module = Path(header_round_trips.__file__), Path(headers.__file__)
    ran = subprocess.run(
        [python, "-P", "-X", "utf8", script, module, str(SUBJECTS)],
        capture_output=True,
        text=True,
        check=True,
        timeout=55,
    )
    assert ran.stdout == "0\n"


@given(st.text(max_size=300))
def test_any_subject_without_control_characters_arrives(text: str) -> None:
    subject = one_line(text)
    assert arrives(written(headers, subject, "Café"), subject, "Café")


@pytest.mark.parametrize(
    "subject",
    [
        *(
            "ä b ö",
            "ä  b",
            " ä",
            "ä ",
            "  a  b  ",
            " ",
            "a" * 2000,
            "long " * 400,
            "word " + "a" * 99,
        ),
        *("=?utf-8?q?a?=", "=?", "a =?utf-8?b?4pi?= b", "é" * 45 + " " + "é" * 45, "👨‍👩‍👧" * 60),
        *(":cd: and :coffee: are text", "[b]bold[/b]", "a\u0301" * 80, "\u00a0", "\u202eabc"),
    ],
)
def test_a_subject_arrives(subject: str) -> None:
    assert arrives(written(headers, subject, ""), subject, "")


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\x00", "\x85", "\u2028", "\x1b[2J"])
def test_what_ends_a_line_becomes_a_space(end: str) -> None:
    assert one_line(f"Half{end}price").startswith("Half ")
    assert one_line(f"{end}Half price").lstrip("[2J").strip() == "Half price"


def test_a_plain_subject_stays_readable_and_a_line_short() -> None:
    assert encoded("Two for one", 9) == "Two for one"
    for subject in ("long words in a row " * 20, "Größe " * 60):
        lines = f"Subject: {encoded(subject.strip(), 9)}".split("\r\n")
        assert max(map(len, lines)) <= 76
        assert all(line.startswith(" ") for line in lines[1:])
