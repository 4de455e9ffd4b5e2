"""Drift: whether a window of values is distributed otherwise than a reference is, and by how much.

A field is *tested* by one method (is there a difference at all?) and *sized* by another (is it large enough to care?).
A test says DRIFT only where its p-value, corrected for all tests made together, is below `ALPHA` and its statistic
reaches its threshold: in a huge sample everything is significant, in a small one everything looks large.

- numbers: two-sample Kolmogorov-Smirnov tests, the population stability index sizes;
- categories (answers too): Pearson's chi-square over all of them tests, and so does the one share that moved most, as
  a single answer among a hundred vanishes in the chi-square; the Jensen-Shannon distance sizes.

The correction is Holm's (S. Holm, "A simple sequentially rejective multiple test procedure", Scand. J. Statist. 6
(1979) 65-70), which bounds the chance of *any* false alarm of a window whatever the dependence of its tests: an alarm
wakes somebody up, and a question's length and its number of words depend on each other. Benjamini-Hochberg bounds the
share of false ones among alarms instead, which is the right bound for a list to read, and not for a bell.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]

ALPHA = 0.05
"""How often a window of the same distribution as the reference may alarm at all, in whatever field."""
MIN_SAMPLE = 100
"""Values, in the window and in the reference, below which nothing is said."""
MIN_EXPECTED = 5.0
"""Categories of which fewer are expected are counted together in the chi-square (W. G. Cochran, "Some methods for
strengthening the common chi-square tests", Biometrics 10 (1954) 417-451)."""

KS_THRESHOLD = 0.1
PSI_THRESHOLD = 0.2
"""The usual reading: below 0.1 no shift, from 0.2 one that matters."""
JS_THRESHOLD = 0.1
W_THRESHOLD = 0.1
"""Cohen's w of a small effect."""
H_THRESHOLD = 0.1
"""Cohen's h: half of a small effect, as one answer of many is meant: 1.3 % become 2.7 %, or 50 % become 55 %."""

BINS = 10
KOLMOGOROV_MEAN = math.sqrt(math.pi / 2) * math.log(2)


class Method(Enum):
    """How a field is compared."""

    KOLMOGOROV_SMIRNOV = "KOLMOGOROV_SMIRNOV"
    PSI = "PSI"
    CHI_SQUARE = "CHI_SQUARE"
    LARGEST_SHARE = "LARGEST_SHARE"
    JENSEN_SHANNON = "JENSEN_SHANNON"


class Verdict(Enum):
    """What a comparison says."""

    STABLE = "STABLE"
    DRIFT = "DRIFT"
    INSUFFICIENT_DATA = "INSUFFICIENT_DATA"


@dataclass(frozen=True, slots=True)
class Comparison:
    """One method on one field. ``statistic`` and ``threshold`` are None where the sample does not suffice; ``p`` is
    None for a size, too, and corrected for all tests once `decide` has seen them. ``detail`` names the category."""

    field: str
    method: Method
    statistic: float | None
    threshold: float | None
    p: float | None
    sample: int
    reference: int
    verdict: Verdict = Verdict.INSUFFICIENT_DATA
    detail: str | None = None


def ks(reference: Floats, window: Floats) -> tuple[float, float]:
    """The largest distance of the two empirical distribution functions, 0 to 1, and its asymptotic p-value.

    N. Smirnov, "Table for estimating the goodness of fit of empirical distributions", Ann. Math. Statist. 19 (1948)
    279-281; scipy.stats.ks_2samp. With ties the p-value errs on the side of no alarm.
    """
    from scipy import stats  # here, as it takes 0.7 s to load, and who asks nothing about drift need not wait

    found = stats.ks_2samp(reference, window, method="asymp")
    return float(found.statistic), float(found.pvalue)


def psi(expected: Floats, observed: Floats) -> float:
    """The population stability index of two lists of counts, at least 0: the sum of (q - p) ln(q / p).

    It is the symmetric divergence of H. Jeffreys ("An invariant form for the prior probability in estimation
    problems", Proc. R. Soc. A 186 (1946) 453-461). Half an item is added to each count, so that an empty bin is finite.
    """
    p, q = _shares(expected + 0.5), _shares(observed + 0.5)
    return float(max(0.0, np.sum((q - p) * np.log(q / p))))


def psi_bins(reference: Floats) -> Floats:
    """The inner borders of bins that hold about a tenth of the reference each; fewer where values are often equal."""
    return np.unique(np.quantile(reference, np.linspace(0, 1, BINS + 1)[1:-1]))


def js(expected: Floats, observed: Floats) -> float:
    """The Jensen-Shannon distance of two lists of counts, 0 to 1: scipy's jensenshannon to base 2.

    J. Lin, "Divergence measures based on the Shannon entropy", IEEE Trans. Inf. Theory 37 (1991) 145-151; its root is a
    metric (D. M. Endres and J. E. Schindelin, ibid. 49 (2003) 1858-1860).
    """
    from scipy.spatial.distance import jensenshannon

    # Rounding can leave a distance of equal shares just below the root of 0, which scipy gives as NaN.
    return float(np.nan_to_num(jensenshannon(expected, observed, base=2)))


def chi_square(expected: Floats, observed: Floats) -> tuple[float, int, float] | None:
    """Pearson's test that two lists of counts come from one distribution: statistic, degrees of freedom, p-value.

    K. Pearson, Phil. Mag. 50 (1900) 157-175; scipy.stats.chi2_contingency without Yates' correction. Categories of
    which too few are expected in either list are counted together; None where fewer than two are left then.
    """
    both = np.array([expected, observed], dtype=np.float64)
    fewer = float(both.sum(axis=1).min() / both.sum())
    rare = both.sum(axis=0) * fewer < MIN_EXPECTED
    table = both[:, ~rare]
    if (rest := both[:, rare].sum(axis=1)).sum() > 0:
        if rest.sum() * fewer >= MIN_EXPECTED:
            table = np.column_stack([table, rest])
        elif table.shape[1]:  # too few even together: they join the rarest of the others, so that nothing is left out
            table[:, table.sum(axis=0).argmin()] += rest
    if table.shape[1] < 2:
        return None
    from scipy import stats

    found = stats.chi2_contingency(table, correction=False)
    return float(found.statistic), int(found.dof), float(found.pvalue)


def largest_share(expected: Floats, observed: Floats) -> tuple[int, float, float]:
    """The place of the category whose share moved most for its size, Cohen's h of it (0 to pi) and a p-value.

    h is 2 asin(sqrt q) - 2 asin(sqrt p) without its sign (J. Cohen, Statistical Power Analysis, 1988, chapter 6). The
    p-value is Fisher's exact one (scipy.stats.fisher_exact), times the number of categories, of which this is the
    first: Bonferroni's.
    """
    n, m = observed.sum(), expected.sum()
    p, q, both = expected / m, observed / n, (expected + observed) / (n + m)
    spread = np.sqrt(both * (1 - both) * (1 / n + 1 / m))
    place = int(np.argmax(np.divide(np.abs(q - p), spread, out=np.zeros_like(spread), where=spread > 0)))
    h = 2 * abs(float(np.arcsin(np.sqrt(q[place])) - np.arcsin(np.sqrt(p[place]))))
    table = [[observed[place], n - observed[place]], [expected[place], m - expected[place]]]
    from scipy import stats

    exact = float(stats.fisher_exact(np.array(table, dtype=np.int64)).pvalue)
    return place, h, min(1.0, exact * len(expected))


def numbers(field: str, reference: Floats, window: Floats) -> list[Comparison]:
    """A field of numbers, not decided yet. Thresholds count in what chance alone adds on average: to the distance the
    mean of Kolmogorov's distribution, sqrt(pi / 2) ln 2, times sqrt(1/n + 1/m); the PSI is distributed as 1/n + 1/m
    times a chi-square of one degree less than bins (B. Yurdakul and J. Naranjo, "Statistical properties of the
    population stability index", J. Risk Model Validation 14 (2020))."""
    n, m = len(window), len(reference)
    tested = Comparison(field, Method.KOLMOGOROV_SMIRNOV, None, None, None, n, m)
    sized = Comparison(field, Method.PSI, None, None, None, n, m)
    if min(n, m) < MIN_SAMPLE:
        return [tested, sized]
    statistic, p = ks(reference, window)
    borders = psi_bins(reference)
    binned = [np.bincount(np.searchsorted(borders, side), minlength=len(borders) + 1) for side in (reference, window)]
    index = psi(binned[0].astype(np.float64), binned[1].astype(np.float64))
    chance = 1 / n + 1 / m
    return [
        replace(tested, statistic=statistic, threshold=KS_THRESHOLD + KOLMOGOROV_MEAN * math.sqrt(chance), p=p),
        replace(sized, statistic=index, threshold=PSI_THRESHOLD + len(borders) * chance),
    ]


def categories(field: str, reference: Counter[str], window: Counter[str]) -> list[Comparison]:
    """A field of categories, not decided yet. Thresholds are in the statistic's own units, with what chance alone adds
    on average: of the chi-square its degrees of freedom, of the squared Jensen-Shannon distance an eighth of them."""
    names = sorted(set(reference) | set(window))
    m, n = reference.total(), window.total()
    methods = (Method.CHI_SQUARE, Method.LARGEST_SHARE, Method.JENSEN_SHANNON)
    rows = {method: Comparison(field, method, None, None, None, n, m) for method in methods}
    if min(n, m) < MIN_SAMPLE:
        return list(rows.values())
    expected, observed = _counts(reference, names), _counts(window, names)
    if (tested := chi_square(expected, observed)) is not None:
        statistic, freedom, p = tested
        threshold = freedom + W_THRESHOLD**2 * n * m / (n + m)
        rows[Method.CHI_SQUARE] = replace(rows[Method.CHI_SQUARE], statistic=statistic, threshold=threshold, p=p)
    place, h, p = largest_share(expected, observed)
    rows[Method.LARGEST_SHARE] = replace(
        rows[Method.LARGEST_SHARE], statistic=h, threshold=H_THRESHOLD, p=p, detail=names[place]
    )
    chance = (len(names) - 1) * (1 / n + 1 / m) / (8 * np.log(2))
    rows[Method.JENSEN_SHANNON] = replace(
        rows[Method.JENSEN_SHANNON],
        statistic=js(expected, observed),
        threshold=float(np.sqrt(JS_THRESHOLD**2 + chance)),
    )
    return list(rows.values())


def decide(compared: Sequence[Comparison], alpha: float = ALPHA) -> list[Comparison]:
    """The comparisons with corrected p-values and verdicts. A size says DRIFT only where a test of its field does."""
    tested = [place for place, one in enumerate(compared) if one.p is not None]
    corrected = dict(zip(tested, holm([compared[place].p or 0.0 for place in tested]), strict=True))
    rows = [replace(one, p=corrected.get(place)) for place, one in enumerate(compared)]
    found = [replace(one, verdict=_test(one, alpha)) if one.p is not None else one for one in rows]
    drifted = {one.field for one in found if one.verdict is Verdict.DRIFT}
    return [
        replace(one, verdict=_size(one, one.field in drifted)) if one.p is None and one.statistic is not None else one
        for one in found
    ]


def overall(decided: Sequence[Comparison]) -> Verdict:
    """DRIFT where anything drifted, INSUFFICIENT_DATA where nothing could be tested."""
    verdicts = {one.verdict for one in decided}
    if Verdict.DRIFT in verdicts:
        return Verdict.DRIFT
    return Verdict.STABLE if Verdict.STABLE in verdicts else Verdict.INSUFFICIENT_DATA


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's corrected p-values, in the order given; each is at least what it was, at most 1."""
    corrected, highest = [0.0] * len(p_values), 0.0
    for rank, place in enumerate(sorted(range(len(p_values)), key=lambda place: p_values[place])):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[place]))
        corrected[place] = highest
    return corrected


def _test(one: Comparison, alpha: float) -> Verdict:
    assert one.p is not None and one.statistic is not None and one.threshold is not None  # noqa: S101, PT018 - a test has them all
    return Verdict.DRIFT if one.p < alpha and one.statistic >= one.threshold else Verdict.STABLE


def _size(one: Comparison, tested: bool) -> Verdict:
    assert one.statistic is not None and one.threshold is not None  # noqa: S101, PT018 - a size has both
    return Verdict.DRIFT if tested and one.statistic >= one.threshold else Verdict.STABLE


def _counts(counted: Counter[str], names: Sequence[str]) -> Floats:
    return np.array([counted[name] for name in names], dtype=np.float64)


def _shares(counts: Floats) -> Floats:
    shares: Floats = counts / counts.sum()
    return shares
