"""Issues that recur: feedback put together where it says the same. Pure and deterministic.

What corrects one answer to another is one issue. The rest is put together by the likeness of its texts: oldest first,
each joins the issue whose first text it is most like, or begins one. Words are weighed by how often they stand in the
text only, not by how rare they are among all texts: so the likeness of two texts never changes, whatever else comes
in, later feedback never moves earlier feedback, and an issue keeps its key.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from begat.core.canonical import sha256
from begat.core.text import normalize

LIKE = 0.4
"""Texts are alike from this cosine of their word and word pair vectors on."""
MOST_TEXTS = 2_000
"""The newest texts that are put together by likeness; older ones are in no issue."""
BLOCK = 256
MOST_TEXT = 2_000
"""Characters of a text that are looked at."""
GROWTH, MORE = 1.5, 3
"""A dismissed issue returns when it has half as much again, and at least 3 more, than when it was dismissed."""


@dataclass(frozen=True, slots=True)
class Said:
    """One feedback that finds fault. ``of`` names the answer that it is about; ``text`` is its comment, else the
    question."""

    id: str
    at: str
    of: str
    answer: str | None
    correction: str | None
    text: str | None
    judges: bool


@dataclass(frozen=True)
class Cluster:
    """An issue: its members oldest first. ``answer`` and ``correction`` are those that it is about, where it is."""

    key: str
    label: str
    answer: str | None
    correction: str | None
    members: tuple[Said, ...]


def cluster(said: Iterable[Said]) -> list[Cluster]:
    """The issues, largest first, then by key. What has neither correction nor text is in none."""
    ordered = sorted(said, key=lambda one: (one.at, one.id))
    corrected: dict[tuple[str, str], list[Said]] = defaultdict(list)
    texts: list[Said] = []
    for one in ordered:
        if one.answer is not None and one.correction is not None and one.correction != one.answer:
            corrected[one.answer, one.correction].append(one)
        elif one.text is not None and normalize(one.text):
            texts.append(one)
    found = [
        Cluster(_key(*pair), f"{pair[0]} → {pair[1]}", *pair, tuple(members)) for pair, members in corrected.items()
    ]
    for members in _alike(texts[-MOST_TEXTS:]):
        first = members[0]
        label = " ".join(str(first.text).split())
        label = label if len(label) <= 120 else label[:119] + "…"
        # Of the first one's text and not its id: who says the same first does not matter.
        found.append(Cluster(_key(normalize(str(first.text))), label, None, None, tuple(members)))
    return sorted(found, key=lambda one: (-len(one.members), one.key))


def returns(size: int, dismissed_at: int) -> bool:
    """Whether an issue of so many members, which was dismissed when it had ``dismissed_at``, is one again."""
    return size >= dismissed_at * GROWTH and size >= dismissed_at + MORE


def _alike(texts: Sequence[Said]) -> list[list[Said]]:
    """Groups of texts that are alike; the first of each is the one that the others are compared with."""
    groups: list[list[Said]] = []
    leaders: dict[int, int] = {}
    similar = _similar([normalize(str(one.text))[:MOST_TEXT] for one in texts])
    for place, one in enumerate(texts):
        likeness = {other: value for other, value in similar[place] if other in leaders}
        if likeness:
            best = min(likeness, key=lambda other: (-likeness[other], other))
            groups[leaders[best]].append(one)
        else:
            leaders[place] = len(groups)
            groups.append([one])
    return groups


def _similar(texts: Sequence[str]) -> list[list[tuple[int, float]]]:
    """For each text the earlier ones that it is like, with the cosine; the same texts are alike whatever they are."""
    first: dict[str, int] = {}
    same = [first.setdefault(text, place) for place, text in enumerate(texts)]
    found: list[list[tuple[int, float]]] = [[] for _ in texts]
    distinct = list(first.values())
    for row, other, value in _pairs([texts[place] for place in distinct]):
        found[distinct[row]].append((distinct[other], value))
    for place, earlier in enumerate(same):
        if earlier != place:
            found[place] = [(earlier, 1.0), *found[earlier]]
    return found


def _pairs(texts: Sequence[str]) -> Iterator[tuple[int, int, float]]:
    """Each text with each earlier one that it is like. In blocks: words such as `my` are in every second text."""
    # Not at the top: it takes a second, and few requests need it.
    from sklearn.feature_extraction.text import TfidfVectorizer

    try:
        vectors: Any = TfidfVectorizer(use_idf=False, sublinear_tf=True, ngram_range=(1, 2)).fit_transform(texts)
    except ValueError:  # none of them has a word
        return
    for start in range(0, len(texts), BLOCK):
        likeness = (vectors[start : start + BLOCK] @ vectors[: start + BLOCK].T).tocoo()
        near = likeness.data >= LIKE
        for row, other, value in zip(likeness.row[near], likeness.col[near], likeness.data[near], strict=True):
            if other < start + row:
                # Rounded, as sums differ in the last digits from one machine to the next.
                yield start + int(row), int(other), round(float(value), 9)


def _key(*parts: str) -> str:
    """Unique together with whether it is of a correction or of texts."""
    return sha256(list(parts))[:24]
