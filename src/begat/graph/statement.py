"""Cypher texts from `.cypher` files, with at most four holes, filled from declared registries only."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib import resources

HOLES = ("projection", "scope", "edges", "moment")


@cache
def load(package: str, name: str) -> str:
    """The text of ``<name>.cypher`` in the package's folder, without its comments, which are for those who read it."""
    lines = resources.files(package).joinpath(f"{name}.cypher").read_text("utf-8").splitlines()
    return "\n".join(line for line in lines if not line.lstrip().startswith("//")).strip()


@cache
def fill(
    package: str, name: str, *, projection: str = "", scope: str = "", edges: str = "", moment: str = "true"
) -> str:
    """The statement with its holes filled. The fillings come from declared columns, the access module, the edge
    registry and declared conditions; a caller's values only ever travel as parameters."""
    text = load(package, name)
    for hole, filling in zip(HOLES, (projection, scope, edges, moment), strict=True):
        place = "{" + hole + "}"
        if filling == "true":  # what always holds is not said: the embedded graph asks it of every row
            for said in (f"{place} AND ", f" AND {place}", f" WHERE {place}"):
                text = text.replace(said, "")
        text = text.replace(place, filling)
    return text


def projection(columns: Iterable[str]) -> str:
    """The Cypher list of these columns, of which the first is a text, such as an id.

    Said so, as Neo4j works out what the elements of a list have in common, and for two properties compares each type
    that one can have with each of the other: it then plans a list of 30 in 100 ms of a core instead of 285.
    """
    first, *others = columns
    return f"[{', '.join([f'toString({first})', *others])}]"
