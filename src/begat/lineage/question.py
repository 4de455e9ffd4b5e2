"""What can be asked of lineage, and what its words mean; pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from enum import Enum, StrEnum
from functools import cached_property, lru_cache

from begat.core.edges import EDGES
from begat.core.errors import bad_input
from begat.core.ids import ROW_PREFIXES, prefix_of


class Direction(StrEnum):
    """UP goes to what something was made from, DOWN to what was made from it."""

    UP = "UP"
    DOWN = "DOWN"


class Level(StrEnum):
    """Whether the immutable nodes of an asset are shown as their asset or as themselves."""

    ASSET = "ASSET"
    VERSION = "VERSION"


class Versions(StrEnum):
    """Where a walk starts: at the current version (all of a training sheet), or at all immutable nodes."""

    CURRENT = "CURRENT"
    ALL = "ALL"


class Deleted(StrEnum):
    """What becomes of what is in the trash or purged."""

    INCLUDE = "INCLUDE"
    BRIDGE = "BRIDGE"
    EXCLUDE = "EXCLUDE"


class NodeKind(Enum):
    """What a hit can be: an asset, an immutable node of one (at level VERSION), or a row."""

    SOURCE_TABLE = "SOURCE_TABLE"
    SHEET = "SHEET"
    TEMPLATE = "TEMPLATE"
    CANONICAL_LABEL = "CANONICAL_LABEL"
    TRAINING_SHEET = "TRAINING_SHEET"
    TRAINING_JOB = "TRAINING_JOB"
    MODEL = "MODEL"
    MODEL_VERSION = "MODEL_VERSION"
    ENDPOINT = "ENDPOINT"
    MONITOR = "MONITOR"
    IMPROVEMENT_TASK = "IMPROVEMENT_TASK"
    SHEET_VERSION = "SHEET_VERSION"
    TEMPLATE_VERSION = "TEMPLATE_VERSION"
    LABEL_VERSION = "LABEL_VERSION"
    TRAINING_SHEET_VERSION = "TRAINING_SHEET_VERSION"
    SNAPSHOT = "SNAPSHOT"
    GENERATION = "GENERATION"
    EVALUATION = "EVALUATION"
    ENDPOINT_VERSION = "ENDPOINT_VERSION"
    QA_PAIR = "QA_PAIR"
    FEEDBACK = "FEEDBACK"


ASSET_KIND = {
    "SHEET_VERSION": "SHEET",
    "TEMPLATE_VERSION": "TEMPLATE",
    "LABEL_VERSION": "CANONICAL_LABEL",
    "TRAINING_SHEET_VERSION": "TRAINING_SHEET",
    "SNAPSHOT": "TRAINING_SHEET",
    "GENERATION": "TRAINING_SHEET",
    "EVALUATION": "MODEL_VERSION",
    "ENDPOINT_VERSION": "ENDPOINT",
}
"""The kind of the asset of each sort of immutable node."""

ROW_KINDS = frozenset({"QA_PAIR", "FEEDBACK"})
"""Rows: shown as themselves at both levels, as they are no part of what their asset is."""

NAMES = {"CANONICAL_LABEL_VERSION": "LABEL_VERSION"}
"""Kinds that lineage calls otherwise than the nodes that carry them."""

_ROW_PREFIXES = ROW_PREFIXES | {"label"}
_ROW_LABELS = frozenset({"QaPair", "Feedback", "LabelVersion"})


def kind_name(stored: str) -> str:
    """The name of a kind as lineage says it, of the one that a node carries."""
    return NAMES.get(stored, stored)


@dataclass(frozen=True)
class Question:
    """One walk. ``depth`` is the most hops, None for all there are; ``kinds`` and ``relations`` are None for all.

    Rows and labels are entered only with ``rows``; a walk that starts at one leaves it in any case.
    """

    direction: Direction
    depth: int | None = 1
    level: Level = Level.ASSET
    versions: Versions = Versions.CURRENT
    kinds: frozenset[str] | None = None
    relations: frozenset[str] | None = None
    stop_at: frozenset[str] = frozenset()
    deleted: Deleted = Deleted.INCLUDE
    rows: bool = False

    @cached_property
    def followed(self) -> tuple[str, ...]:
        """The relations that the walk follows, in the registry's order."""
        return _followed(self.direction, self.relations, self.rows)

    @property
    def name(self) -> str:
        """The same for the same question in every process, as its cursors outlive the one that made them."""
        return _name(self)

    def shows(self, kind: str) -> bool:
        """Whether nodes of this kind are shown, and not passed through. Evaluations are shown as their model version or
        as what they are."""
        if self.kinds is None or kind in self.kinds:
            return True
        return ASSET_KIND.get(kind) in self.kinds and (self.level is Level.ASSET or kind != NodeKind.EVALUATION.value)


@lru_cache(1_024)
def _name(question: Question) -> str:
    values = (getattr(question, one.name) for one in fields(question))
    return repr([sorted(value) if isinstance(value, frozenset) else value for value in values])


@lru_cache(1_024)
def _followed(direction: Direction, relations: frozenset[str] | None, rows: bool) -> tuple[str, ...]:
    return tuple(
        type
        for type in EDGES
        if (rows or not enters_rows(type, direction)) and (relations is None or type in relations)
    )


def enters_rows(type: str, direction: Direction) -> bool:
    """Whether following the relation leads to rows or labels, of which there may be a hundred thousand."""
    edge = EDGES[type]
    return (edge.targets if direction is Direction.UP else edge.sources) <= _ROW_LABELS


WIDE = frozenset(
    type for type, edge in EDGES.items() if edge.targets <= _ROW_LABELS and not edge.sources <= _ROW_LABELS
)
"""Relations of which one source has very many (a snapshot's rows): always read from the other end."""


def narrowed(question: Question, starts: Iterable[str]) -> Question:
    """The question without relations that lead on only from rows and labels, where a walk from these nodes meets none:
    to look for them costs as much as to follow one."""
    if question.rows or question.direction is Direction.UP or any(map(of_row, starts)):
        return question
    return _without_wide(question)


@lru_cache(1_024)
def _without_wide(question: Question) -> Question:
    return replace(question, relations=frozenset(question.followed) - WIDE)


def of_row(id: str) -> bool:
    """Whether it is a row's or a label's."""
    return prefix_of(id) in _ROW_PREFIXES


def checked(question: Question, *path: str) -> Question:
    """The question, where it makes sense; raises BAD_INPUT that says how to ask."""
    if question.depth is not None and question.depth < 1:
        raise bad_input("A walk is at least 1 hop deep.", *path[:-1], "depth")
    if not question.rows:
        for type in sorted(question.relations or ()):
            if enters_rows(type, question.direction):
                raise bad_input(f"{type} leads to rows.", *path, "relations", hint="Ask with rows: true.")
    for name, kinds in (("kinds", question.kinds), ("stopAt", question.stop_at)):
        if "MODEL" in (kinds or ()):
            raise bad_input("Lineage knows a model by its versions.", *path, name, hint="Ask for MODEL_VERSION.")
    if question.level is Level.ASSET:
        for kind in sorted(question.kinds or ()):
            if kind in ASSET_KIND:
                hint = f"Ask with level: VERSION, or for {ASSET_KIND[kind]}."
                raise bad_input(f"{kind} is shown only at level VERSION.", *path, "kinds", hint=hint)
    return question
