"""What a viewer must be answered, told from what the owner is answered: the same, with what he may not see replaced."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.lineage.written import Written


@dataclass(frozen=True)
class Veiled:
    """Compares answers of an owner with those of a viewer; ``hidden`` are the assets and rows that he may not see."""

    hidden: frozenset[str]

    def hides(self, id: str) -> bool:
        """Whether it, or the asset that it is of, is out of his sight."""
        return id.partition(":")[0] in self.hidden

    def hits(self, owners: list[dict[str, Any]], viewers: list[dict[str, Any]]) -> dict[str, str]:
        """The viewer's name of each of the owner's hits."""
        names = {}
        for mine, his in zip(owners, viewers, strict=True):
            assert not mine["hidden"]
            if self.hides(mine["id"]):
                assert his == {**mine, "id": his["id"], "asset": None, "version": None, "hidden": True}
                assert his["id"].startswith("hidden_")
            else:
                assert his == mine
            names[mine["id"]] = his["id"]
        assert len(set(names.values())) == len(names)
        return names

    def complete(self, owners: dict[str, Any], viewers: dict[str, Any], left_out: Iterable[str]) -> None:
        """What answers say of themselves; ``left_out`` are the kinds of what is hidden, each as often as it is."""
        counts = sorted(Counter(left_out).items())
        assert owners == {"complete": True, "reason": None, "omitted": [], "continueAfter": None}
        omitted = [{"kind": kind, "count": count} for kind, count in counts]
        assert viewers == {**owners, "complete": not counts, "reason": "HIDDEN" if counts else None, "omitted": omitted}

    def walk(self, owners: dict[str, Any], viewers: dict[str, Any]) -> int:
        """A walk of one page; the number of hidden hits."""
        mine, his = owners["nodes"], viewers["nodes"]
        names = self.hits(mine["nodes"], his["nodes"])
        edges = [
            {**edge, "from": names.get(edge["from"], edge["from"]), "to": names.get(edge["to"], edge["to"])}
            for edge in mine["edges"]
        ]
        assert his["edges"] == edges
        assert his["totalCount"] == mine["totalCount"] == len(names)
        assert viewers["counts"] == owners["counts"]
        left_out = [hit["kind"] for hit in mine["nodes"] if self.hides(hit["id"])]
        self.complete(owners["completeness"], viewers["completeness"], left_out)
        return len(left_out)

    def users(self, owners: dict[str, Any], viewers: dict[str, Any]) -> None:
        """The users of an asset."""
        assert viewers["totalCount"] == owners["totalCount"]
        for mine, his in zip(owners["edges"], viewers["edges"], strict=True):
            unseen = self.hides(mine["node"]["id"])
            assert his == ({**mine, "node": None, "hidden": True} if unseen else mine)

    def impact(self, owners: dict[str, Any], viewers: dict[str, Any], down: dict[str, Any]) -> None:
        """What depends on an asset; ``down`` is the owner's walk down from it."""
        same = ("dependents", "live", "byKind")
        assert {name: viewers[name] for name in same} == {name: owners[name] for name in same}
        left_out = [hit["kind"] for hit in down["nodes"]["nodes"] if self.hides(hit["id"])]
        self.complete(owners["completeness"], viewers["completeness"], left_out)

    def paths(self, owners: dict[str, Any], viewers: dict[str, Any]) -> None:
        """Paths between two."""
        hidden: dict[str, str] = {}
        for mine, his in zip(owners["paths"], viewers["paths"], strict=True):
            assert (his["relations"], his["length"]) == (mine["relations"], mine["length"])
            self.hits(mine["hits"], his["hits"])
            hidden |= {hit["id"]: hit["kind"] for hit in mine["hits"] if self.hides(hit["id"])}
        self.complete(owners["completeness"], viewers["completeness"], hidden.values())

    def lists(self, owners: dict[str, Any], viewers: dict[str, Any], kinds: Mapping[str, str]) -> None:
        """An answer of lists of what each is, by the kind of what they list: the hidden are left out and counted."""
        left_out: dict[str, str] = {}
        for name, kind in kinds.items():
            mine, his = (one[name] for one in (owners, viewers))
            if name == "job":
                mine, his = ([] if one is None else [one] for one in (mine, his))
            assert his == [one for one in mine if not self.hides(one["id"])], name
            left_out |= {one["id"]: kind for one in mine if self.hides(one["id"])}
        self.complete(owners["completeness"], viewers["completeness"], left_out.values())

    def document(self, owners: Written, viewers: Written) -> None:
        """An exported document, of whatever format."""
        assert viewers.starts == owners.starts
        names = {}
        for (id, mine), (other, his) in zip(owners.nodes.items(), viewers.nodes.items(), strict=True):
            names[id] = other
            if self.hides(id):
                assert other.startswith("hidden_")
                assert his == (*mine[:2], True, None, None)
            else:
                assert (other, his) == (id, mine)
        edges = {(names.get(edge[0], edge[0]), names.get(edge[1], edge[1]), *edge[2:]) for edge in owners.edges}
        assert viewers.edges == edges
        complete = str(not any(self.hides(id) for id in owners.nodes)).lower()
        assert owners.about["complete"] == "true"
        assert viewers.about == {**owners.about, "complete": complete}
