"""Random graphs in which models learned, on real databases: what is told of a model version and of who learned from
something is what looking at every row finds, whoever asks."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from begat.access.scope import Viewer
from begat.api.messages import Answer
from tests.conftest import Database
from tests.lineage.asking import asked
from tests.lineage.held import OWNER, SOMEBODY, Held, holding
from tests.lineage.lessons import learned
from tests.lineage.taught import exposed, lessons, made_from, started_from
from tests.lineage.worlds import SEEN

EXAMPLES = {"embedded": 50, "neo4j": 10}
"""How many questions: Neo4j plans each sort of them anew, which takes it far longer than the answer."""

SIZES = (20, 25, 30, 35, 40, 45, 50, 60)

EXPOSED = """query($id: ID, $sheetId: ID, $itemRef: String) { exposure(id: $id, sheetId: $sheetId, itemRef: $itemRef) {
  rows snapshots { id } modelVersions { id } endpoints { id } trafficShare
  shares { endpoint { id } percent modelVersions { id } } completeness { complete omitted { kind count } } } }"""
MADE = """query($id: ID!) { modelVersion(id: $id) { lineage {
  job { id } snapshots { id } trainingSheets { id } generations { id } templateVersions { id } sheetVersions { id }
  tables { id } labels(first: 1000) { nodes { id } totalCount } baseModels { id } answeringModels { id }
  splits { split rows } completeness { complete omitted { kind count } } } } }"""


@dataclass
class Told(Held):
    """A graph that holds the worlds, and who asks it."""

    def ask(self, query: str, viewer: Viewer, **variables: str) -> Answer:
        """The answer to one question."""

        async def answer() -> Answer:
            return (await asked(self.graph, query, viewer, **variables))[0]

        return self.portal.call(answer)


@pytest.fixture(scope="module")
def told(database: Database) -> Iterator[Told]:
    """All worlds in one graph."""
    worlds = [learned(random.Random(size), size, f"w{number}") for number, size in enumerate(SIZES)]
    with holding(Told, database, worlds) as told:
        yield told


def test_who_learned_from_something_is_what_every_row_says_whoever_asks(told: Told) -> None:
    some = set[str]()

    @given(st.integers(0, 2**32 - 1).map(random.Random))
    @settings(max_examples=EXAMPLES[told.database])
    def check(rng: random.Random) -> None:
        world = rng.choice(told.worlds)
        kind = rng.choice(sorted({one.kind for one in world.things.values()}))
        of = rng.choice([one.id for one in world.things.values() if one.kind == kind])
        for viewer in (OWNER, SOMEBODY):
            answer = told.ask(EXPOSED, viewer, id=of)
            if viewer is SOMEBODY and world.things[of].project not in (None, SEEN):
                assert [one["extensions"]["code"] for one in answer.errors or ()] == ["NOT_FOUND"], of
            else:
                wanted = exposed(world, of, sees_all=viewer.admin)
                assert who_learned(answer) == wanted, (of, viewer.name)
                some.update(name for name, value in wanted.items() if value)

    check()
    every = {"rows", "snapshots", "modelVersions", "endpoints", "shares", "trafficShare", "hidden"}
    assert some == every or told.database == "neo4j", "each field says something of some"


def test_who_learned_from_a_table_learned_from_those_that_feed_it(told: Told) -> None:
    passed_on = 0
    for world in told.worlds:
        read = {target for _, type, target in world.edges if type == "READS"}
        for table in sorted({target for _, type, target in world.edges if type == "FED_BY"} - read):
            wanted = exposed(world, table, sees_all=True)
            assert who_learned(told.ask(EXPOSED, OWNER, id=table)) == wanted, table
            passed_on += wanted["rows"]
    assert passed_on, "some rows came of a table that no sheet reads"


def test_who_started_from_a_model_learned_what_that_had_learned(told: Told) -> None:
    passed_on = 0
    for world in told.worlds if told.database == "embedded" else told.worlds[:3]:
        for one in lessons(world):
            direct = {source for source, type, target in world.edges if (type, target) == ("PRODUCED_BY", one.job)}
            if later := started_from(world, direct) - direct:
                wanted = exposed(world, one.pair, sees_all=True)
                assert who_learned(told.ask(EXPOSED, OWNER, id=one.pair)) == wanted, one
                assert later <= set(wanted["modelVersions"])
                passed_on += 1
    assert passed_on, "some model was started from one that had learned a row"


def test_who_learned_from_a_source_row_is_what_every_row_says_whoever_asks(told: Told) -> None:
    learned_from = 0

    @given(st.integers(0, 2**32 - 1).map(random.Random))
    @settings(max_examples=EXAMPLES[told.database] // 2)
    def check(rng: random.Random) -> None:
        nonlocal learned_from
        world = rng.choice(told.worlds)
        sheets = [one.id for one in world.assets() if one.kind == "SHEET" and one.project == SEEN]
        if sheets:
            sheet, item = rng.choice(sheets), rng.choice("1234")
            for viewer in (OWNER, SOMEBODY):
                wanted = exposed(world, f"{sheet}|{item}", sees_all=viewer.admin)
                answer = told.ask(EXPOSED, viewer, sheetId=sheet, itemRef=item)
                assert who_learned(answer) == wanted, (sheet, item, viewer.name)
                learned_from += bool(wanted["rows"])

    check()
    assert learned_from or told.database == "neo4j", "some source row was learned"


def test_what_a_model_version_was_made_from_is_what_every_row_says_whoever_asks(told: Told) -> None:
    started = 0
    for world in told.worlds if told.database == "embedded" else told.worlds[:3]:
        for version in (one for one in world.assets() if one.kind == "MODEL_VERSION"):
            for viewer in (OWNER, SOMEBODY):
                answer = told.ask(MADE, viewer, id=version.id)
                if viewer is SOMEBODY and version.project not in (None, SEEN):
                    assert answer.data == {"modelVersion": None}
                else:
                    wanted = made_from(world, version.id, sees_all=viewer.admin)
                    assert made_of(answer) == wanted, (version.id, viewer.name)
                    started += bool(wanted["baseModels"])
    assert started, "some were started from others"


def who_learned(answer: Answer) -> dict[str, Any]:
    """What the engine says of who learned."""
    said = _data(answer)["exposure"]
    shares = [
        {**one, "endpoint": one["endpoint"]["id"], "modelVersions": _ids(one["modelVersions"])}
        for one in said["shares"]
    ]
    return {
        **{name: _ids(said[name]) for name in ("snapshots", "modelVersions", "endpoints")},
        "rows": int(said["rows"]),
        "shares": shares,
        "trafficShare": said["trafficShare"],
        "hidden": _hidden(said["completeness"]),
    }


def made_of(answer: Answer) -> dict[str, Any]:
    """What the engine says of what a model version was made from."""
    said = _data(answer)["modelVersion"]["lineage"]
    labels = said.pop("labels")
    assert labels["totalCount"] == len(labels["nodes"])
    return {
        "job": (said.pop("job") or {"id": None})["id"],
        "labels": _ids(labels["nodes"]),
        "splits": {one["split"]: int(one["rows"]) for one in said.pop("splits")},
        "hidden": _hidden(said.pop("completeness")),
        **{name: _ids(nodes) for name, nodes in said.items()},
    }


def _data(answer: Answer) -> dict[str, Any]:
    assert not answer.errors, answer.errors
    data: dict[str, Any] = answer.data
    return data


def _ids(nodes: Sequence[dict[str, str]]) -> list[str]:
    return [one["id"] for one in nodes]


def _hidden(said: dict[str, Any]) -> dict[str, int]:
    assert said["complete"] == (not said["omitted"])
    return {one["kind"]: int(one["count"]) for one in said["omitted"]}
