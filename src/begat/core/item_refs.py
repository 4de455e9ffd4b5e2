"""Item references: the name by which labels and lineage know one row of a sheet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from begat.core.canonical import JSON, canonical, sha256
from begat.core.errors import Code, Problem, bad_input
from begat.core.text import check_text

MAX_ITEM_REF = 1_000
"""Characters; longer keys are content, not names, and no index holds them."""

MAX_LISTED = 100


def item_ref(row: Mapping[str, JSON], key: str | None, seen: Counter[str]) -> str:
    """The row's reference: the text of its item key, or without a key its hash and which occurrence of it this is.

    A text key is taken as it is, space included; any other value as canonical JSON (``7``, ``true``). Without a key
    it is the SHA-256 of the row's canonical JSON, and ``<sha256>#2`` for the second equal row, in reading order;
    ``seen`` counts the rows met so far and is the caller's, one per reading of the table. BAD_INPUT at the key's
    column where the key is absent, null, blank or over 1,000 characters.
    """
    if key is None:
        digest = sha256(row)
        seen[digest] += 1
        return digest if seen[digest] == 1 else f"{digest}#{seen[digest]}"
    if key not in row:
        raise bad_input(f"This row has no column {key!r}, the sheet's item key.", key, hint="Choose another item key.")
    return _key_text(row[key], key)


def check_keys(rows: Iterable[Mapping[str, JSON]], key: str) -> list[Problem]:
    """What keeps ``key`` from naming each row: absent, null, blank and repeated values, in reading order.

    Each problem's path is ``(row, key)`` with the row's 1-based number; a repeated value (DUPLICATE) is told once per
    repetition, with the number of the row that had it first. The list ends after 100.
    """
    problems: list[Problem] = []
    first: dict[str, int] = {}
    for number, row in enumerate(rows, start=1):
        if len(problems) == MAX_LISTED:
            break
        try:
            reference = item_ref(row, key, Counter())
        except Problem as problem:
            message = f"Row {number}: {problem.message}"
            problems.append(Problem(problem.code, message, path=(number, key), hint=problem.hint))
            continue
        if reference in first:
            shown = reference if len(reference) <= 50 else reference[:50] + "..."
            problems.append(
                Problem(
                    Code.DUPLICATE,
                    f"Rows {first[reference]} and {number} have the same {key!r}: {shown!r}.",
                    path=(number, key),
                    hint="Choose a column whose values are all different, or no item key.",
                )
            )
        else:
            first[reference] = number
    return problems


def _key_text(value: JSON, key: str) -> str:
    text = value if isinstance(value, str) else "" if value is None else canonical(value)
    if not text.strip():
        what = "null" if value is None else "blank"
        raise bad_input(f"The item key {key!r} is {what}.", key, hint="Fill it in, or choose another item key.")
    return check_text(text, key, max_length=MAX_ITEM_REF)
