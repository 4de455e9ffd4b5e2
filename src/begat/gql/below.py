"""What a document selects below a field: looked up once for the document, not at each request."""

from __future__ import annotations

import weakref
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLResolveInfo,
    InlineFragmentNode,
    SelectionSetNode,
)

T = TypeVar("T")

MOST = 1_000
"""Fields of one operation whose selections are kept, as long as the operation is."""


class Below:
    """The selections of some fields, whatever their @skip and @include say."""

    __slots__ = ("_by_name", "_deeper", "_fragments", "_known", "_nodes")

    def __init__(self, nodes: Sequence[FieldNode], fragments: Mapping[str, FragmentDefinitionNode]) -> None:
        self._nodes = nodes
        self._fragments = fragments
        self._by_name: Mapping[str, Sequence[FieldNode]] | None = None
        self._deeper: dict[str, Below] = {}
        self._known: dict[object, Any] = {}

    def named(self, name: str) -> Sequence[FieldNode]:
        """The selected fields of this name: several where they have aliases."""
        return self.fields.get(name, ())

    def at(self, *path: str) -> Below:
        """What is selected below the fields at the path (names, as in GraphQL)."""
        found = self
        for name in path:
            deeper = found._deeper.get(name)
            if deeper is None:
                deeper = found._deeper[name] = Below(found.named(name), found._fragments)
            found = deeper
        return found

    def asks(self, *path: str) -> bool:
        """Whether there is a field at the path."""
        return bool(self.at(*path[:-1]).named(path[-1]))

    def once(self, name: object, make: Callable[[Below], T]) -> T:
        """What ``make`` says of this selection, under a name that lives on; asked once."""
        found: T | None = self._known.get(name)
        if found is None:
            found = self._known[name] = make(self)
        return found

    @property
    def fields(self) -> Mapping[str, Sequence[FieldNode]]:
        """The selected fields by their names."""
        if self._by_name is None:
            by_name = defaultdict(list)
            for node in self._nodes:
                for field in _fields(node.selection_set, self._fragments) if node.selection_set else ():
                    by_name[field.name.value].append(field)
            self._by_name = by_name
        return self._by_name


_kept: dict[int, dict[tuple[int, ...], Below]] = {}
"""By the id of each operation that is in use, by the ids of its fields."""


def below(raw: GraphQLResolveInfo[Any]) -> Below:
    """What is selected below the current field."""
    operation = raw.operation
    kept = _kept.get(id(operation))
    if kept is None:
        kept = _kept[id(operation)] = {}
        weakref.finalize(operation, _kept.pop, id(operation))
    key = tuple(map(id, raw.field_nodes))
    found = kept.get(key)
    if found is None:
        found = Below(raw.field_nodes, raw.fragments)
        if len(kept) < MOST:
            kept[key] = found
    return found


def _fields(selection: SelectionSetNode, fragments: Mapping[str, FragmentDefinitionNode]) -> Iterable[FieldNode]:
    for node in selection.selections:
        if isinstance(node, FieldNode):
            yield node
        elif isinstance(node, InlineFragmentNode):
            yield from _fields(node.selection_set, fragments)
        elif isinstance(node, FragmentSpreadNode):
            yield from _fields(fragments[node.name.value].selection_set, fragments)
