"""How a statement says what was there at a moment; of now all that is there holds."""

from __future__ import annotations

from collections.abc import Iterable

from begat.core.edges import FED_BY, WAS_FED_BY

BORN, KNOWN = "n.createdAt <= $at", "coalesce(e.since, '') <= $at AND coalesce(e.until, '~') > $at"
"""What holds of a node and of a relation that were there at a moment; the tilde is later than all times."""


def moment(*conditions: str, then: bool) -> str:
    """These conditions, where ``then`` a moment is asked for: of now all holds."""
    return " AND ".join(conditions) if then else "true"


def types(relations: Iterable[str], *, then: bool) -> str:
    """These relations as a pattern names them: where ``then`` a moment is asked for, also those taken back since."""
    return "|".join(f"{FED_BY}|{WAS_FED_BY}" if then and one == FED_BY else one for one in relations)


def relation(*, then: bool) -> str:
    """What a relation ``e`` is called in answers, whatever became of it since."""
    return f"CASE type(e) WHEN '{WAS_FED_BY}' THEN '{FED_BY}' ELSE type(e) END" if then else "type(e)"
