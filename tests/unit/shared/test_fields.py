"""Text that a request must not have is refused, and not kept."""

from __future__ import annotations

import gc
import weakref

import pytest
from pydantic_core import PydanticCustomError

from shared.web.fields import printable, sendable


class Text(str):
    """Text that a weak reference can watch."""

    __slots__ = ("__weakref__",)


@pytest.mark.parametrize("character", ["\uffff", "\x00"])
def test_text_that_was_refused_is_not_kept(character: str) -> None:
    text = Text(f"a name with {character}")
    watched = weakref.ref(text)
    with pytest.raises(PydanticCustomError):
        printable(text)
    del text
    gc.collect()
    assert watched() is None


def test_data_that_was_refused_is_not_kept() -> None:
    text = Text("a value with \uffff")
    watched = weakref.ref(text)
    with pytest.raises(PydanticCustomError):
        sendable({"key": text})
    del text
    gc.collect()
    assert watched() is None
