"""The texts of pages: one catalogue for each language, used by templates and by modules.

A catalogue is `texts/<language>.json`: sections of texts. A text has its values in braces, as in
`{count}`; one that depends on a number is an object with a form for each plural category.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

LANGUAGE_NAMES: Mapping[str, str] = MappingProxyType({"en": "English", "de": "Deutsch"})
"""The languages that there is a catalogue of, each by its own name; the first is the default."""

LANGUAGES: Sequence[str] = tuple(LANGUAGE_NAMES)

Text = str | Mapping[str, str]
Section = Mapping[str, Text]

_PLACEHOLDER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Catalogues:
    """The catalogues in folders; no two folders have a section of the same name."""

    folders: Sequence[Path]

    @functools.cached_property
    def _sections(self) -> Mapping[str, Mapping[str, Section]]:
        return {language: self._read(language) for language in LANGUAGES}

    def _read(self, language: str) -> Mapping[str, Section]:
        sections = dict[str, Section]()
        for folder in self.folders:
            read = json.loads((folder / f"{language}.json").read_text(encoding="utf-8"))
            if twice := sections.keys() & read.keys():
                message = f"the sections {sorted(twice)} of {folder} are taken"
                raise ValueError(message)
            sections |= read
        return sections

    def sections(self, language: str) -> Mapping[str, Section]:
        """Give all texts in a language, by section and name."""
        return self._sections[language]

    def text(self, language: str, key: str, **values: object) -> str:
        """Fill in the text `<section>.<name>`; `count` decides on the plural form.

        Raises KeyError when there is no such text, or a value is missing.
        """
        section, _, name = key.partition(".")
        text = self._sections[language][section][name]
        if not isinstance(text, str):
            # English and German have the same rule for whole numbers (CLDR, plural rules).
            text = text["one" if values["count"] == 1 else "other"]
        return _PLACEHOLDER.sub(lambda found: str(values[found[1]]), text)


def placeholders(text: Text) -> frozenset[str]:
    """List what has to be filled in."""
    forms = [text] if isinstance(text, str) else text.values()
    return frozenset(name for form in forms for name in _PLACEHOLDER.findall(form))
