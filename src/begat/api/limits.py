"""How large a document may be, judged before it is validated: validation is what a hostile document makes slow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)

from begat.api.prices import LARGEST_PAGE
from begat.core.errors import Code, Problem


@dataclass(frozen=True, slots=True)
class Limits:
    """The most of each that one document may hold. All but the first four count with fragments written out."""

    characters: int = 100_000
    tokens: int = 1_500
    comments: int = 1_000
    definitions: int = 100
    """Operations and fragments: validation follows each from each. Begat's own operations have at most 7."""
    depth: int = 20
    """Levels of fields. GraphiQL's introspection has 15, the deepest of begat's own operations 7."""
    aliases: int = 30
    directives: int = 30
    fields: int = 2_000
    """Fields altogether: what stops fragments that multiply each other. GraphiQL's introspection has 229."""
    repeats: int = 50
    """Uses of one place in the answer, by its response names: validation compares them pairwise."""
    introspections: int = 3
    """``__schema`` and ``__type``: each can ask for the whole schema."""
    cost: int = 1_000_000
    """What an operation may make the server do, in values of an answer (see `begat.api.cost`). The most that one of
    begat's own operations costs, with the largest pages, is 135,000."""


MOST_TOLD = 10**12
"""Numbers beyond it are told as this one: fragments that multiply each other make some that JSON does not hold."""

REFUSED = {
    "definitions": ("operations and fragments", "Send several requests."),
    "depth": ("levels deep", "Ask for less at a time."),
    "aliases": ("aliases", "Send several requests."),
    "directives": ("directives", "Send several requests."),
    "fields": ("fields with its fragments written out", "Ask for less at a time."),
    "repeats": ("uses of one response name in one place", "Name each field once."),
    "introspections": ("introspections", "One __schema has everything."),
}
"""What is said of a document that holds too much of one, and what to do about it."""

MOST_PLACED = 10_000
"""Of a selection with more fields than this no places are counted."""


@dataclass(slots=True)
class _Size:
    """What a selection set holds, its fragments written out."""

    depth: int = 0
    aliases: int = 0
    directives: int = 0
    fields: int = 0
    introspections: int = 0
    repeats: int = 0
    places: Counter[tuple[str, ...]] = field(default_factory=Counter)
    """How often each place in the answer is asked for, as the response names on the way to it."""

    def add(self, other: _Size, below: str | None = None) -> None:
        """Adds what stands at the same level, or in a field with this response name."""
        self.depth = max(self.depth, other.depth if below is None else other.depth + 1)
        self.aliases += other.aliases
        self.directives += other.directives
        self.fields += other.fields
        self.introspections += other.introspections
        self.repeats = max(self.repeats, other.repeats)
        if self.fields > MOST_PLACED:
            self.places.clear()  # fragments that multiply each other: refused for their fields, not written out here
        elif below is None:
            self.places.update(other.places)
        else:
            self.places.update({(below, *place): count for place, count in other.places.items()})


class Exceeded(Problem):
    """A document beyond a limit. ``extensions`` are what an answer to it would say of its numbers, as far as they are
    known."""

    def __init__(self, message: str, hint: str, **extensions: Mapping[str, Any]) -> None:
        super().__init__(Code.LIMIT, message, path=("query",), hint=hint)
        self.extensions = extensions


def numbers(computed: int, limit: int) -> dict[str, int]:
    """A measure beside its limit, as clients are told."""
    return {"computed": min(computed, MOST_TOLD), "limit": limit}


def report(found: Mapping[str, int], limits: Limits) -> dict[str, dict[str, int]]:
    """What a document holds, as measured, beside what it may hold."""
    shown = {name: numbers(found[name], getattr(limits, name)) for name in (*REFUSED, "tokens")}
    return {**shown, "first": {"limit": LARGEST_PAGE}}


def check(document: DocumentNode, limits: Limits) -> None:
    """Raise LIMIT where a definition of ``document`` exceeds ``limits``. The document need not be valid.

    The parser bounds the nesting of one definition; fragments are measured once each, so this is linear.
    """
    found = measure(document)
    for name, (what, hint) in REFUSED.items():
        number, limit = found[name], getattr(limits, name)
        if number > limit:
            shown = number if number < 1_000_000 else "over a million"
            verb = "is" if name == "depth" else "holds"
            message = f"The document {verb} {shown} {what}; the limit is {limit}."
            raise Exceeded(message, hint, limits=report(found, limits))


def measure(document: DocumentNode) -> dict[str, int]:
    """What the largest definition of ``document`` holds of each that `Limits` names, and what all hold together of
    tokens, definitions and directives of operations."""
    ruler = _Ruler(document)
    most = dict.fromkeys(("depth", "aliases", "directives", "fields", "repeats", "introspections"), 0)
    directives = 0
    for definition in document.definitions:
        if isinstance(definition, OperationDefinitionNode):
            size = ruler.of_set(definition.selection_set)
            directives += len(definition.directives or ())
            for variable in definition.variable_definitions or ():
                directives += len(variable.directives or ())
        elif isinstance(definition, FragmentDefinitionNode):
            size = ruler.of_fragment(definition.name.value)
        else:
            continue  # validation says that it cannot be executed
        for name in most:
            most[name] = max(most[name], getattr(size, name) + (directives if name == "directives" else 0))
    return {**most, "definitions": len(document.definitions), "tokens": document.token_count or 0}


class _Ruler:
    """Measures the definitions of one document, each fragment once."""

    def __init__(self, document: DocumentNode) -> None:
        self.fragments = {
            one.name.value: one for one in document.definitions if isinstance(one, FragmentDefinitionNode)
        }
        self.measured: dict[str, _Size] = {}

    def of_fragment(self, name: str) -> _Size:
        if name not in self.fragments:
            return _Size()  # validation says that it is unknown
        if name not in self.measured:
            self.measured[name] = _Size()  # what a cycle meets; validation says that it is one
            fragment = self.fragments[name]
            size = self.of_set(fragment.selection_set)
            size.directives += len(fragment.directives or ())
            self.measured[name] = size
        return self.measured[name]

    def of_set(self, selections: SelectionSetNode) -> _Size:
        size = _Size()
        for node in selections.selections:
            size.directives += len(node.directives or ())
            if isinstance(node, FieldNode):
                name = node.name.value
                size.fields += 1
                size.depth = max(size.depth, 1)
                size.aliases += node.alias is not None
                size.introspections += name in ("__schema", "__type")
                shown = node.alias.value if node.alias else name
                size.places[(shown,)] += 1
                if node.selection_set:
                    size.add(self.of_set(node.selection_set), below=shown)
            elif isinstance(node, InlineFragmentNode):
                size.add(self.of_set(node.selection_set))
            elif isinstance(node, FragmentSpreadNode):
                size.add(self.of_fragment(node.name.value))
        size.repeats = max(size.repeats, max(size.places.values(), default=0))
        return size
