"""What a walk reached: its nodes, or the assets that stand for them, and the relations between them; pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, TypeAlias

from begat.core.ids import kind_of_asset
from begat.lineage.question import ASSET_KIND, ROW_KINDS, Level


class Node(NamedTuple):
    """An immutable node, or an asset or row that is its own. ``asset`` is the asset it is tied to (of a row: its
    training sheet or endpoint), ``born`` the time from which it is part of the graph."""

    id: str
    kind: str
    asset: str
    project: str | None
    born: str
    number: int | None = None

    @property
    def asset_kind(self) -> str:
        """The kind of the asset that it is shown as."""
        return ASSET_KIND.get(self.kind, self.kind)

    @property
    def is_version(self) -> bool:
        """Whether it is an immutable node beside its asset."""
        return self.kind in ASSET_KIND

    def key(self, level: Level) -> str:
        """What it is shown as."""
        return self.asset if level is Level.ASSET and self.kind not in ROW_KINDS else self.id


class Whole(Mapping[str, Node]):
    """Assets, by their ids, in the place of their immutable nodes, and their projects, where these are known. The nodes
    are made where somebody looks at one."""

    def __init__(self, ids: Collection[str], projects: Mapping[str, str | None]) -> None:
        self.ids = ids
        self.projects = projects

    def __len__(self) -> int:
        return len(self.ids)

    def __iter__(self) -> Iterator[str]:
        return iter(self.ids)

    def __contains__(self, id: object) -> bool:
        return id in self.ids

    def __getitem__(self, id: str) -> Node:
        if id not in self.ids:
            raise KeyError(id)
        return Node(id, kind_of_asset(id), id, self.projects.get(id), "")


Link = tuple[str, str, str]
"""Source, relation, target: the source was made from the target."""


INLINE = 5_000
"""Nodes or relations that are shaped at once; more, which take some 10 ms, in a thread beside the event loop."""

Cut: TypeAlias = Literal["LIMIT", "DEADLINE"]


@dataclass(frozen=True)
class Reached:
    """What the database found: where the walk starts, all nodes within its depth (the starts too) and their relations.
    ``cut`` says why there are more that were not read: too many, or too little time. ``assets`` are the values of the
    carried columns, a list for each asset of the nodes that is in the caller's scope; empty where none were asked, or
    the walk is too large.
    ``depths`` are the fewest hops to each node where these are known without the ``links`` or beside them.
    ``start`` are the values of columns of the asset that it starts at, where such were asked for."""

    starts: frozenset[str] = frozenset()
    nodes: Mapping[str, Node] = field(default_factory=dict)
    links: tuple[Link, ...] = ()
    cut: Cut | None = None
    assets: Sequence[list[Any]] = ()
    depths: Mapping[str, int] | None = None
    start: Sequence[Any] = ()
