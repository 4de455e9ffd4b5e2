"""The quality of a training sheet, from counts of its rows."""

from __future__ import annotations

from dataclasses import dataclass

from begat.core.statistics import approval_rate

MIN_APPROVAL_RATE = 0.8
MAX_DUPLICATE_RATE = 0.05


@dataclass(frozen=True)
class Counts:
    """Rows of a training sheet, removed ones left out. A row can be counted in several of the fields."""

    rows: int
    """All of them."""

    approved: int
    rejected: int

    flagged: int
    """Rows that wait for somebody because a reviewer flagged or disputed them."""

    failed: int
    """Rows whose generation failed."""

    repeated: int
    """Rows whose question (normalised) an earlier row has."""

    empty: int
    """Rows whose question or answer is blank."""


@dataclass(frozen=True)
class Check:
    """One question that a training sheet passes or fails; ``detail`` says by which numbers."""

    name: str
    passed: bool
    detail: str


@dataclass(frozen=True)
class Quality:
    """How good a training sheet is; rates are 0 to 1, and None where there is nothing to judge."""

    score: float | None
    approval_rate: float | None
    reviewed_rate: float | None
    duplicate_rate: float | None
    empty_rate: float | None
    checks: tuple[Check, ...]


def quality(counts: Counts) -> Quality:
    """The quality by these formulas.

    - approvalRate = approved / (approved + rejected); None where nothing is decided
    - reviewedRate = (approved + rejected) / rows
    - duplicateRate = repeated / rows
    - emptyRate = empty / rows
    - score = approvalRate * reviewedRate * (1 - duplicateRate) * (1 - emptyRate): the share of rows that are
      approved, new and whole, if these fall on rows independently; None where nothing is decided

    Without rows every rate is None. The checks, always all and in this order:

    - HAS_ROWS: rows > 0
    - REVIEWED: every row is approved or rejected
    - APPROVAL_RATE: approvalRate >= 0.8
    - DUPLICATES: duplicateRate <= 0.05
    - EMPTY: no row is empty
    - FAILED: no row's generation failed
    - FLAGGED: no row waits as flagged or disputed
    """
    decided = counts.approved + counts.rejected
    approval = approval_rate(counts.approved, counts.rejected)
    reviewed, duplicate, empty = (
        part / counts.rows if counts.rows else None for part in (decided, counts.repeated, counts.empty)
    )
    score = None
    if approval is not None and reviewed is not None and duplicate is not None and empty is not None:
        score = approval * reviewed * (1 - duplicate) * (1 - empty)
    return Quality(score, approval, reviewed, duplicate, empty, _checks(counts, approval, duplicate))


def _checks(counts: Counts, approval: float | None, duplicate: float | None) -> tuple[Check, ...]:
    rows, decided = counts.rows, counts.approved + counts.rejected
    shown = "nothing is decided" if approval is None else f"{counts.approved} of {decided} decided rows are approved"
    return (
        Check("HAS_ROWS", rows > 0, f"{rows} rows"),
        Check("REVIEWED", 0 < rows <= decided, f"{decided} of {rows} rows are decided"),
        Check(
            "APPROVAL_RATE", approval is not None and approval >= MIN_APPROVAL_RATE, f"{shown}; at least 80 % needed"
        ),
        Check(
            "DUPLICATES",
            duplicate is not None and duplicate <= MAX_DUPLICATE_RATE,
            f"{counts.repeated} of {rows} rows repeat a question; at most 5 % allowed",
        ),
        Check(
            "EMPTY", rows > 0 and counts.empty == 0, f"{counts.empty} of {rows} rows have a blank question or answer"
        ),
        Check("FAILED", rows > 0 and counts.failed == 0, f"the generation of {counts.failed} of {rows} rows failed"),
        Check("FLAGGED", rows > 0 and counts.flagged == 0, f"{counts.flagged} of {rows} rows are flagged or disputed"),
    )
