"""W3C PROV-JSON (w3.org/submissions/prov-json): a training job is an activity, everything else an entity.

A relation is what its ends make it: an entity `wasGeneratedBy` an activity, which `used` entities and `wasInformedBy`
others; an entity `wasDerivedFrom` an entity. Each says begat's own relation and how many nodes it passes through.
"""

from __future__ import annotations

from collections.abc import Sequence

from begat.lineage.export.document import Document, Item
from begat.lineage.export.pieces import Listed, json
from begat.lineage.shape import Edge

BEGAT = "urn:begat:"
ACTIVITIES = frozenset({"TRAINING_JOB"})
RELATIONS = {
    (False, True): ("wasGeneratedBy", "prov:entity", "prov:activity"),
    (True, False): ("used", "prov:activity", "prov:entity"),
    (True, True): ("wasInformedBy", "prov:informed", "prov:informant"),
    (False, False): ("wasDerivedFrom", "prov:generatedEntity", "prov:usedEntity"),
}
"""The name of a relation and of its ends, by whether its source and its target are activities."""


class Writer:
    """See formats.Writer. The document is an object of sections, so the few activities wait until the entities are
    written; an edge is numbered, and each section is a part of its own of those that the edges are sorted into."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._entities = Listed()
        self._activities: list[str] = []

    def begin(self, starts: Sequence[Item]) -> str:
        """The head, as an entity of its own, and where the walk began."""
        facts = self._document.facts()
        head = {"prov:type": _name("begat:Walk"), **{f"begat:{key}": value for key, value in facts.items()}}
        prefix = json({"begat": BEGAT})
        walk = self._entities.more([f'"begat:walk":{json(head)}'])
        rest = self.nodes(starts)
        return f'{{"prefix":{prefix},"entity":{{\n{walk}{rest}'

    def nodes(self, items: Sequence[Item]) -> str:
        """Entities; activities are kept for their section."""
        self._activities += [_element(item) for item in items if item.kind in ACTIVITIES]
        return self._entities.more(_element(item) for item in items if item.kind not in ACTIVITIES)

    def between(self) -> str:
        """The activities, and every edge in the section that its ends choose."""
        text = ["\n}"]
        if self._activities:
            text.append(',"activity":{\n' + ",\n".join(self._activities) + "\n}")
        sections: dict[tuple[bool, bool], list[str]] = {ends: [] for ends in RELATIONS}
        kinds = self._document.kinds
        for number, edge in enumerate(self._document.edges):
            ends = kinds[edge.source] in ACTIVITIES, kinds[edge.target] in ACTIVITIES
            sections[ends].append(_relation(number, edge, ends))
        for ends, found in sections.items():
            if found:
                text.append(f',"{RELATIONS[ends][0]}":{{\n' + ",\n".join(found) + "\n}")
        return "".join(text)

    def edges(self, edges: Sequence[Edge]) -> str:
        """Nothing: they are written by section."""
        return ""

    def end(self) -> str:
        """The document ends."""
        return "}\n"


def _element(item: Item) -> str:
    told = item.told()
    id = told.pop("id")
    label = {"prov:label": item.label, "prov:type": _name(f"begat:{item.kind}")}
    return f"{json(f'begat:{id}')}:{json({**label, **{f'begat:{key}': value for key, value in told.items()}})}"


def _relation(number: int, edge: Edge, ends: tuple[bool, bool]) -> str:
    _, source, target = RELATIONS[ends]
    said = {source: f"begat:{edge.source}", target: f"begat:{edge.target}"}
    said |= {"begat:relation": edge.relation}
    return f'"_:e{number}":{json({**said, "begat:via": edge.via})}'


def _name(name: str) -> dict[str, str]:
    return {"$": name, "type": "prov:QUALIFIED_NAME"}
