"""What the lineage bench asks: each question of begat beside the floor's, and what makes their answers comparable."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.bench.floor import FIELDS
from tests.bench.layers import Layers

PAGE = 1_000
LADDER = "ladder of 40 diamonds"
"""All that was made from its table, with edges: 161 assets, to the last of which 2^40 ways lead."""
ANY_DEPTH = 999
"""More hops than any walk here has."""
_FIELDS = " ".join(FIELDS)
_WALK = "query($id: ID!, $depth: Int!) {{ asset(id: $id) {{ downstream(depth: $depth) {{ {} }} }} }}"
_NODES = f"nodes(first: {PAGE}) {{{{ nodes {{{{ depth asset {{{{ {_FIELDS} }}}} }}}} {{}} }}}}"

Answer = dict[str, Any]
"""Of both: `nodes` as rows of depth and fields, `edges` as (from, relation, to), `counts` as (depth, kind, count)."""


@dataclass(frozen=True)
class Case:
    """One row of the table."""

    name: str
    query: str
    variables: dict[str, Any]
    floor: tuple[str, dict[str, Any]]
    """One of the floor's questions, and its parameters."""
    of_begat: Callable[[Any], Answer]
    of_floor: Callable[[Any], Answer]
    repeats: int
    """How often it is asked in a round."""


def cases(layers: Layers, ladder: Layers, sizes: tuple[int, ...]) -> list[Case]:
    """The questions about a graph: walks of about these sizes, where it is large enough, and all of a ladder in it."""
    point = layers.starts[0]
    found = [
        Case(
            "point read",
            f"query($id: ID!) {{ asset(id: $id) {{ {_FIELDS} }} }}",
            {"id": point},
            ("point", {"id": point}),
            lambda data: {"nodes": {_row(data["asset"])}},
            lambda rows: {"nodes": {tuple(rows)}},
            20,
        ),
        Case(
            "list of 1,000",
            f"query {{ assets(first: {PAGE}) {{ nodes {{ {_FIELDS} }} }} }}",
            {},
            ("listed", {"first": PAGE}),
            lambda data: {"nodes": {_row(one) for one in data["assets"]["nodes"]}},
            lambda rows: {"nodes": {tuple(row) for row in rows}},
            1,
        ),
    ]
    for wanted in sizes:
        start, depth, size = layers.walk_of(wanted)
        if abs(size - wanted) <= wanted * 0.25:
            found += _walks(start, depth, size)
    return [*found, _joined(LADDER, ladder.starts[0], ANY_DEPTH, 5)]


def _walks(start: str, depth: int, size: int) -> list[Case]:
    variables, walk = {"id": start, "depth": depth}, {"start": start, "depth": depth}
    name, repeats = f"walk of {size:,}", 5 if size < 500 else 1
    if size > PAGE:
        query = _WALK.format(_NODES.format("totalCount") + " counts { depth kind count }")
        asked, of_floor = ("paged", {**walk, "first": PAGE}), _page
        return [
            Case(f"{name}: page of 1,000, counts", query, variables, asked, _begat, of_floor, repeats),
            _counts(name, start, depth, repeats),
        ]
    return [
        Case(
            name,
            _WALK.format(_NODES.format("totalCount")),
            variables,
            ("walked", walk),
            _begat,
            lambda rows: {"nodes": {tuple(row) for row in rows}, "edges": set(), "counts": set()},
            repeats,
        ),
        _joined(f"{name} with edges", start, depth, repeats),
        _counts(name, start, depth, repeats),
    ]


def _joined(name: str, start: str, depth: int, repeats: int) -> Case:
    return Case(
        name,
        _WALK.format(_NODES.format("totalCount edges { from relation to }")),
        {"id": start, "depth": depth},
        ("joined", {"start": start, "depth": depth}),
        _begat,
        lambda found: {
            "nodes": {tuple(row) for row in found[0]},
            "edges": {tuple(edge) for edge in found[1]},
            "counts": set(),
        },
        repeats,
    )


def _counts(name: str, start: str, depth: int, repeats: int) -> Case:
    return Case(
        f"{name}: counts only",
        _WALK.format("counts { depth kind count }"),
        {"id": start, "depth": depth},
        ("counted", {"start": start, "depth": depth}),
        _begat,
        lambda rows: {"nodes": set(), "edges": set(), "counts": {tuple(row) for row in rows}},
        repeats,
    )


def _begat(data: Any) -> Answer:
    walk = data["asset"]["downstream"]
    page = walk.get("nodes", {})
    return {
        "nodes": {(hit["depth"], *_row(hit["asset"])) for hit in page.get("nodes", ())},
        "edges": {(edge["from"], edge["relation"], edge["to"]) for edge in page.get("edges", ())},
        "counts": {(one["depth"], one["kind"], one["count"]) for one in walk.get("counts", ())},
    }


def _page(found: Any) -> Answer:
    nodes, counts = found
    return {"nodes": {tuple(row) for row in nodes}, "edges": set(), "counts": {tuple(row) for row in counts}}


def _row(asset: Any) -> tuple[Any, ...]:
    return tuple(asset[name] for name in FIELDS)
