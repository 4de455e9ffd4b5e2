"""How good predictions are, with how sure that is."""

from __future__ import annotations

import math
from collections.abc import Sequence

from sklearn.metrics import f1_score

from begat.platforms.ports import EvaluationResult

Z_95 = 1.959963984540054
"""Standard deviations around the mean that hold 95 % of a normal distribution."""


def wilson(hits: int, size: int, z: float = Z_95) -> tuple[float, float]:
    """Wilson's score interval of the share ``hits / size``, both ends from 0 to 1. It holds for small samples and for
    shares near 0 and 1, where the usual interval leaves the range."""
    share = hits / size
    scale = 1 + z * z / size
    centre = (share + z * z / (2 * size)) / scale
    half = z * math.sqrt(share * (1 - share) / size + z * z / (4 * size * size)) / scale
    # At 0 of n and n of n the ends are exactly 0 and 1; rounding must not push them past the share itself.
    return max(0.0, min(share, centre - half)), min(1.0, max(share, centre + half))


def evaluate(
    snapshot_sha256: str, split: str | None, truth: Sequence[str], predicted: Sequence[str]
) -> list[EvaluationResult]:
    """Accuracy with its 95 % interval and macro F1, both over the same, non-empty sample.

    Macro F1 is the plain mean over every answer that was expected or given: rare answers count as much as others.
    """
    size = len(truth)
    hits = sum(expected == given for expected, given in zip(truth, predicted, strict=True))
    low, high = wilson(hits, size)
    # As numbers: numpy would take texts that differ in a NUL at their end for one.
    number = {answer: place for place, answer in enumerate(sorted({*truth, *predicted}))}
    codes = [[number[answer] for answer in answers] for answers in (truth, predicted)]
    macro = float(f1_score(*codes, average="macro", zero_division=0.0))
    return [
        EvaluationResult(snapshot_sha256, split, "accuracy", hits / size, size, low, high),
        EvaluationResult(snapshot_sha256, split, "macro_f1", macro, size),
    ]
