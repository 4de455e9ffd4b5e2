"""Splits: which rows a model learns from, which tune it, and which test it."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from begat.core.errors import Problem, Problems, bad_input
from begat.core.text import normalize

TOLERANCE = 1e-9


class Split(StrEnum):
    """A row's part in the life of a model."""

    TRAIN = "TRAIN"
    VALIDATION = "VALIDATION"
    TEST = "TEST"


@dataclass(frozen=True)
class SplitRow:
    """What decides a row's split: ``group`` keeps rows together, ``stratum`` (its answer) is spread evenly."""

    id: str
    group: str | None
    stratum: str | None
    text: str


@dataclass(frozen=True)
class SplitPart:
    """One split: its rows, and how many rows each answer has in it."""

    split: Split
    rows: int
    answers: Mapping[str, int]


@dataclass(frozen=True)
class SplitReport:
    """What a split did, counted from its result alone. The two ``crossing`` counts are 0, or the split is wrong."""

    parts: tuple[SplitPart, ...]
    """All three, in the order TRAIN, VALIDATION, TEST, also where empty."""

    repeated: int
    """Rows whose question (normalised) an earlier row has; each is in the same split as that row."""

    crossing_questions: int
    """Questions that are in more than one split."""

    crossing_groups: int
    """Groups that are in more than one split."""


def check_ratios(ratios: Mapping[Split, float], *path: str | int) -> dict[Split, float]:
    """The ratios of those splits that get rows; or Problems below ``path`` unless all are 0 to 1 and total 1 (1e-9)."""
    problems: list[Problem] = []
    for split, ratio in ratios.items():
        if not 0 <= ratio <= 1:  # false for NaN, too
            message = f"The ratio of {split} is {ratio}; a ratio is from 0 to 1."
            problems.append(bad_input(message, *path, Split(split).lower(), hint="Give shares such as 0.8, 0.1, 0.1."))
    if problems:
        raise Problems(problems)
    total = math.fsum(ratios.values())
    if abs(total - 1) > TOLERANCE:
        message = f"The ratios total {total:.12g}; they must total 1."
        raise Problems([bad_input(message, *path, hint="Give shares such as 0.8, 0.1, 0.1.")])
    return {split: ratios[split] for split in Split if ratios.get(split, 0) > 0}


def split(rows: Sequence[SplitRow], ratios: Mapping[Split, float], seed: int, *path: str | int) -> dict[str, Split]:
    """Each row's split, by id. Problems as `check_ratios` raises them; ValueError where two rows have one id.

    The same rows, ratios and seed give the same answer, whatever the order of the rows.

    Rows that share a group or a question (normalised) go together; what hangs together so is a *block*. Each answer's
    blocks are dealt out by turns, each to the split that is furthest behind its ratio, so with k splits of a ratio
    above 0 and W rows in the largest block, at every moment a split has

    - at most W * (k - 1) / k rows more than its ratio of the rows dealt (W = 1, k = 3: 2/3 of a row), and
    - at most W * (k - 1)**2 / k rows fewer (W = 1, k = 3: 4/3 of a row).

    (Let d be how far each split is behind; together they are behind by the w <= W rows of the block that is dealt, so
    the furthest is behind by w/k or more and is ahead by w - w/k or less thereafter; nothing else puts a split ahead;
    and since all d then total 0, the furthest behind is so by k - 1 times that bound at most.) Hence

    - a split holds its ratio of all rows within these bounds, and is not empty where ratio * rows > W * (k-1)**2 / k;
    - it holds its ratio of an answer's rows within W * (k - 1), the sum of the two. Here a block with several answers
      counts for its most frequent one.
    """
    wanted = check_ratios(ratios, *path)
    if len({row.id for row in rows}) != len(rows):
        raise ValueError("Two rows have the same id.")
    blocks = sorted(_blocks(rows), key=lambda block: _turn(block, seed))
    counts = dict.fromkeys(wanted, 0)
    dealt = 0
    result: dict[str, Split] = {}
    for block in blocks:
        dealt += len(block)
        # Of splits equally behind, the one with the larger ratio, then the first.
        chosen = max(wanted, key=lambda name: (round(wanted[name] * dealt - counts[name], 9), wanted[name]))
        counts[chosen] += len(block)
        result.update((row.id, chosen) for row in block)
    return result


def report(rows: Iterable[SplitRow], splits: Mapping[str, Split]) -> SplitReport:
    """Count what ``splits`` gives; rows that it does not name are left out."""
    answers: dict[Split, Counter[str]] = {name: Counter() for name in Split}
    sizes: Counter[Split] = Counter()
    questions: dict[str, set[Split]] = {}
    groups: dict[str, set[Split]] = {}
    repeated = 0
    for row in rows:
        name = splits.get(row.id)
        if name is None:
            continue
        sizes[name] += 1
        if row.stratum is not None:
            answers[name][row.stratum] += 1
        question = normalize(row.text)
        repeated += question in questions
        questions.setdefault(question, set()).add(name)
        if row.group is not None:
            groups.setdefault(row.group, set()).add(name)
    return SplitReport(
        parts=tuple(SplitPart(name, sizes[name], dict(sorted(answers[name].items()))) for name in Split),
        repeated=repeated,
        crossing_questions=sum(len(found) > 1 for found in questions.values()),
        crossing_groups=sum(len(found) > 1 for found in groups.values()),
    )


def _blocks(rows: Sequence[SplitRow]) -> list[list[SplitRow]]:
    """The rows, parted into what hangs together by groups and questions (union-find)."""
    parent = list(range(len(rows)))

    def root(place: int) -> int:
        while parent[place] != place:
            parent[place] = parent[parent[place]]
            place = parent[place]
        return place

    first: dict[tuple[str, str], int] = {}
    for place, row in enumerate(rows):
        keys = [("question", normalize(row.text))]
        if row.group is not None:
            keys.append(("group", row.group))
        for key in keys:
            parent[root(place)] = root(first.setdefault(key, place))
    blocks: dict[int, list[SplitRow]] = {}
    for place, row in enumerate(rows):
        blocks.setdefault(root(place), []).append(row)
    return list(blocks.values())


def _turn(block: list[SplitRow], seed: int) -> tuple[bytes, int, bytes]:
    """When a block is dealt: answers one after the other, in each the large blocks first, so that small ones mend."""
    counted = Counter(row.stratum for row in block)
    most = max(counted.values())
    stratum = min("" if name is None else "=" + name for name, count in counted.items() if count == most)
    return _hash(seed, "stratum", stratum), -len(block), _hash(seed, "row", min(row.id for row in block))


def _hash(seed: int, what: str, key: str) -> bytes:
    return hashlib.sha256(f"{seed}\0{what}\0{key}".encode()).digest()
