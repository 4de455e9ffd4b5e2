"""What of an endpoint's inputs and answers is compared: numbers as they are, categories by their shares, free text by
its length, its number of words and the share of its words that the training never saw."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import numpy as np

from begat.core.drift import Comparison, Floats, categories, numbers
from begat.core.text import normalize

MOST_CATEGORIES = 200
"""Texts of more different values than this, or of which most occur once, are free text."""

_WORD = re.compile(r"\w+")
_DECIMAL = re.compile(r"[+-]?[0-9]{1,15}([.][0-9]{1,20})?")

CHARACTERS, WORDS, UNSEEN = "characters", "words", "unseenWords"
"""What is compared of a free text, as ``<field>.<this>``."""


class Sort(Enum):
    """What a field holds."""

    NUMBERS = "NUMBERS"
    CATEGORIES = "CATEGORIES"
    TEXT = "TEXT"


@dataclass(frozen=True)
class Vocabulary:
    """The words that a training saw, and in how many of its texts."""

    texts: Mapping[str, int]

    @staticmethod
    def of(texts: Sequence[str]) -> Vocabulary:
        """Of these texts."""
        return Vocabulary(Counter(word for text in texts for word in set(words(text))))

    def unseen(self, text: str, *, learned: bool) -> float:
        """The share of the text's words that no text of the training has, 0 to 1; 0 of a text without words.

        Of a text that was ``learned`` itself: that no *other* one has. Else the training would look as if it had known
        every word beforehand, and every later question were strange to it.
        """
        found = words(text)
        own = 1 if learned else 0
        return sum(self.texts.get(word, 0) <= own for word in found) / len(found) if found else 0.0


@dataclass(frozen=True)
class Column:
    """The values of one field, prepared once: a reference is compared with many windows."""

    sort: Sort
    numbers: Mapping[str, Floats] = field(default_factory=dict)
    """By what is compared of the field; of numbers themselves under ''."""
    categories: Counter[str] = field(default_factory=Counter)
    missing: int = 0

    @property
    def empty(self) -> bool:
        """Whether it has no value at all, not even a missing one."""
        return not self.missing and not self.categories and all(len(side) == 0 for side in self.numbers.values())


def words(text: str) -> list[str]:
    """The words of a text, whatever their case."""
    return _WORD.findall(normalize(text))


def sort_of(values: Sequence[Any]) -> Sort:
    """What these values are: the reference decides for both sides. Nulls count as nothing."""
    held = [value for value in values if value is not None]
    if held and all(_number(value) for value in held):
        return Sort.NUMBERS
    texts = {_text(value) for value in held}
    if len(texts) <= MOST_CATEGORIES and len(texts) * 10 <= max(len(held), 20):
        return Sort.CATEGORIES
    # Platforms give decimals as texts, as JSON has none; a code of a few digits was a category above.
    return Sort.NUMBERS if all(_numeric(value) is not None for value in held) else Sort.TEXT


def prepare(
    values: Sequence[Any], sort: Sort, vocabulary: Vocabulary | None = None, *, learned: bool = False
) -> Column:
    """The values as they are compared. ``learned`` says that the vocabulary was made of just these texts."""
    held = [value for value in values if value is not None]
    missing = len(values) - len(held)
    if sort is Sort.NUMBERS:
        # What is no number although the reference has only such counts as missing.
        found = [number for value in held if (number := _numeric(value)) is not None]
        return Column(sort, {"": _floats(found)}, missing=len(values) - len(found))
    texts = [_text(value) for value in held]
    if sort is Sort.CATEGORIES:
        return Column(sort, categories=Counter(texts), missing=missing)
    derived = {CHARACTERS: _floats([len(text) for text in texts]), WORDS: _floats([len(words(t)) for t in texts])}
    if vocabulary is not None:
        derived[UNSEEN] = _floats([vocabulary.unseen(text, learned=learned) for text in texts])
    return Column(sort, derived, missing=missing)


def compare(name: str, reference: Column, window: Column) -> list[Comparison]:
    """The field's comparisons, not decided yet; nulls are compared by their share, where there are any."""
    found: list[Comparison] = []
    for part in sorted(reference.numbers):
        title = f"{name}.{part}" if part else name
        found += numbers(title, reference.numbers[part], window.numbers.get(part, _floats([])))
    if reference.sort is Sort.CATEGORIES:
        found += categories(name, reference.categories, window.categories)
    if reference.missing or window.missing:
        found += categories(f"{name}.missing", _presence(reference), _presence(window))
    return found


def fields_of(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """The fields that any of the rows has, sorted."""
    return sorted({name for row in rows for name in row})


def known(reference: AbstractSet[str], rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """The fields of the rows that the reference has, too."""
    return [name for name in fields_of(rows) if name in reference]


def _presence(column: Column) -> Counter[str]:
    held = column.categories.total() + max((len(side) for side in column.numbers.values()), default=0)
    return Counter({"there": held, "missing": column.missing})


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and np.isfinite(value)


def _numeric(value: Any) -> float | None:
    if _number(value):
        return float(value)
    return float(value) if isinstance(value, str) and _DECIMAL.fullmatch(value) else None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else repr(value)


def _floats(values: Sequence[float]) -> Floats:
    return np.array(values, dtype=np.float64)
