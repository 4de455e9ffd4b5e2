"""Pages of a walk: by depth and id, with a cursor that carries the moment of the walk and names no hidden id; pure.

Cursors are signed: who could make one would learn hidden ids, as a guess tells which hits are behind it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from begat.core import signed
from begat.core.errors import Code, Problem, bad_input, no_cursor
from begat.core.lazy import Lazy
from begat.core.table import Table
from begat.lineage.question import Question
from begat.lineage.shape import Edge, Hit, Veil, Walk

WINDOWS = 10
"""How many times the limit of a walk can be read, each time going on where the last one ended."""

_PURPOSE = "cursor"


@dataclass(frozen=True)
class Cursor:
    """A place in the walk ``of``, taken as of ``at``: behind the hit ``id`` (as the caller knows it) of this depth."""

    of: str
    at: str
    depth: int
    id: str
    window: int = 0
    """How many times the limit of a walk lies before it."""

    def text(self, secret: str) -> str:
        """The cursor as clients pass it around."""
        packed = json.dumps([self.of, self.at, self.depth, self.id, self.window], separators=(",", ":"))
        return signed.sign(secret, _PURPOSE, packed.encode())


@dataclass(frozen=True)
class Page:
    """Hits in order, their cursors, the edges that they complete, and whether more follow."""

    hits: Table[Hit]
    cursors: Sequence[str]
    edges: Sequence[Edge]
    has_next: bool


def read_cursor(text: str, secret: str) -> Cursor:
    """The cursor that a client passes; raises BAD_INPUT."""
    packed = signed.read(secret, _PURPOSE, text)
    if packed is None:
        raise no_cursor()
    return Cursor(*json.loads(packed))


def name_of(start: str, question: Question) -> str:
    """A short name of a walk, by which a cursor is known to belong to it."""
    return hashlib.sha256(f"{start} {question.name}".encode()).hexdigest()[:12]


_VEILED = "hidden_"


def veiled(id: str) -> bool:
    """Whether this is a name for what is hidden."""
    return id.startswith(_VEILED)


def veil(secret: str, *answer: str) -> Veil:
    """Names for what is hidden, that mean something in this answer (and its pages) only."""

    def name(id: str) -> str:
        text = "\n".join((*answer, id))
        return _VEILED + hmac.new(secret.encode(), text.encode("utf-8", "replace"), hashlib.sha256).hexdigest()[:24]

    return name


def place_after(walk: Walk, cursor: Cursor, name: Veil) -> int:
    """The place of the first hit behind the cursor. Raises CONFLICT where what it names is gone."""
    key = cursor.id
    if veiled(key):
        # Seen or not, shown or not by now: the node is still where it was, as nothing leaves the graph.
        shown = (hit.key for hit in walk.hits if hit.id == key)
        reached = (node.key(walk.question.level) for node in walk.reached.nodes.values())
        hidden = next(shown, None) or next((real for real in reached if name(real) == key), None)
        if hidden is None:
            hint = "Ask for the first page again."
            raise Problem(Code.CONFLICT, "The place that this cursor names is gone.", path=("after",), hint=hint)
        key = hidden
    return bisect_right(walk.order, (cursor.depth, key), key=lambda one: (walk.depth_of[one], one))


def page(
    walk: Walk,
    of: str,
    name: Veil,
    secret: str,
    first: int,
    after: str | None,
    *,
    with_edges: bool = True,
    window: int = 0,
    before: Walk | None = None,
) -> Page:
    """The ``first`` hits behind the cursor, and the edges whose later end is one of them. The first page behind the
    window ``before`` has the edges, too, that are known between earlier hits since there are more nodes: of an asset
    that was shown for one of its versions, those of others."""
    start = 0
    begins = False
    if after is not None:
        cursor = read_cursor(after, secret)
        if cursor.of != of or cursor.at != walk.at:
            raise bad_input("This cursor is of another walk.", "after", hint="Page with the question it came from.")
        start = place_after(walk, cursor, name)
        begins = before is not None and [hit.id for hit in before.shown(before.order[-1:])] == [cursor.id]
    hits = walk.shown(walk.order[start : start + first])
    cursors = Lazy(hits, lambda hit: Cursor(of, walk.at, hit.depth, hit.id, window).text(secret))
    edges: Sequence[Edge] = ()
    if with_edges:
        places = walk.edge_places
        begun = bisect_left(places, start)
        edges = walk.edges[begun : bisect_left(places, start + len(hits))]
        if begins and before is not None:
            known = set(before.edges)
            edges = [*(edge for edge in walk.edges[:begun] if edge not in known), *edges]
    return Page(hits, cursors, edges, start + len(hits) < len(walk.members))
