"""How far reviewers agree beyond chance, on answers that have no order (nominal)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence

Ratings = Sequence[Sequence[Hashable]]
"""For each row the answers it got, one per reviewer who gave one; their order does not matter."""


def percent_agreement(ratings: Ratings) -> float | None:
    """Of all pairs of answers to one row, the share that is equal, 0 to 1; None without a row that has two."""
    pairs = equal = 0
    for answers in ratings:
        pairs += len(answers) * (len(answers) - 1)
        equal += sum(count * (count - 1) for count in Counter(answers).values())
    return equal / pairs if pairs else None


def cohen_kappa(first: Sequence[Hashable], second: Sequence[Hashable]) -> float | None:
    """Cohen's kappa of two reviewers' answers to the same rows, in the same order; -1 to 1.

    (p - e) / (1 - e), with p the share of rows answered alike and e the share expected of two reviewers who give their
    own answers by chance. J. Cohen, "A coefficient of agreement for nominal scales", Educational and Psychological
    Measurement 20 (1960) 37-46. None without rows, and where both give one answer only (e = 1: 0 / 0).
    """
    if len(first) != len(second):
        raise ValueError("Both reviewers answer the same rows.")
    rows = len(first)
    ones, others = Counter(first), Counter(second)
    alike = sum(one == other for one, other in zip(first, second, strict=True))
    expected = sum(count * others[answer] for answer, count in ones.items())
    # Integers as long as possible: 1 - e is then exactly 0 where it is 0.
    return (alike * rows - expected) / (rows * rows - expected) if rows * rows != expected else None


def fleiss_kappa(ratings: Ratings) -> float | None:
    """Fleiss' kappa of rows that all have the same number of answers (two or more), by whichever reviewers; -1 to 1.

    (p - e) / (1 - e), with p the mean agreement within rows and e the sum of the squared shares of the answers.
    J. L. Fleiss, "Measuring nominal scale agreement among many raters", Psychological Bulletin 76 (1971) 378-382.
    None without rows, where rows differ in their number of answers or have one only, and where only one answer occurs.
    """
    sizes = {len(answers) for answers in ratings}
    if len(sizes) != 1 or min(sizes) < 2:
        return None
    observed = percent_agreement(ratings)
    totals = Counter(answer for answers in ratings for answer in answers)
    given = sum(totals.values())
    expected = sum(count * count for count in totals.values())
    if observed is None or expected == given * given:
        return None
    chance = expected / (given * given)
    return (observed - chance) / (1 - chance)


def krippendorff_alpha(ratings: Ratings) -> float | None:
    """Krippendorff's alpha for nominal answers; any number of answers per row, up to 1.

    1 - D / E, with D the disagreement among answers to one row (a row of m answers weighs m) and E that among all
    answers. K. Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011), section D. Rows with fewer than two
    answers say nothing and are left out. None where no row is left or only one answer occurs.
    """
    rows = [Counter(answers) for answers in ratings if len(answers) > 1]
    totals: Counter[Hashable] = Counter()
    for row in rows:
        totals.update(row)
    given = sum(totals.values())
    apart = given * given - sum(count * count for count in totals.values())
    if apart == 0:
        return None
    disagreement = 0.0
    for row in rows:
        size = sum(row.values())
        disagreement += (size * size - sum(count * count for count in row.values())) / (size - 1)
    return 1 - (given - 1) * disagreement / apart
