"""A viewer's answer is the owner's with what he may not see replaced; and list, counts and export of one question
agree, whoever asks: on the whole loop, of which one part or another is out of sight, and on random graphs."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import pytest
from tests.access.conftest import People
from tests.access.veiled import Veiled
from tests.api_client import Client, operations
from tests.conftest import Database
from tests.lineage import chain, loop
from tests.lineage.chain import JOB, LABEL, LEARNED, MODEL, SHEET, TABLE, TEMPLATE, TRAINING, VERSION
from tests.lineage.loop import CORRECTED, ENDPOINT, FAILED, FEEDBACK, MENDED, MONITOR, RETRY, SNAPSHOT, STOPPED, TASK
from tests.lineage.oracle import expected
from tests.lineage.questions import pose
from tests.lineage.worlds import SEEN, UNSEEN, World, grow, together, write
from tests.lineage.written import READERS, Written

from begat.config import Settings
from begat.graph.driver import Graph
from begat.lineage.question import Question

AT = "2026-03-02T00:00:00.000Z"
FRAGMENTS = "".join(operations()[f"fragment {name}"] for name in ("Card", "Hit", "Complete"))
WALK = (
    "{ at counts { depth kind count } completeness { ...Complete } "
    "nodes(first: $first, after: $after) { nodes { ...Hit } edges { from to relation via } totalCount "
    "pageInfo { hasNextPage endCursor } } }"
)
EVERYTHING = f"""query($ids: [ID!]!, $filter: LineageFilter, $first: Int, $after: String) {{
  nodes(ids: $ids) {{ ... on Asset {{
    id
    upstream(depth: 99, filter: $filter) {WALK}
    downstream(depth: 99, filter: $filter) {WALK}
    sources(filter: $filter) {WALK}
    usedBy(first: 50) {{ edges {{ relation versionNumbers kind hidden node {{ ...Card }} }} totalCount }}
    impact(action: TRASH) {{ dependents live {{ endpoints models monitors }} byKind {{ kind count }}
      completeness {{ ...Complete }} }}
  }} }}
}} {FRAGMENTS}"""
MADE = f"""query($ids: [ID!]!) {{
  nodes(ids: $ids) {{ ... on ModelVersion {{ id lineage {{
    job {{ id hyperparameters }} snapshots {{ id sha256 }} splits {{ split rows }} trainingSheets {{ id name }}
    generations {{ id number }} templateVersions {{ id number }} sheetVersions {{ id number }} tables {{ id fullName }}
    labels(first: 100) {{ nodes {{ id value }} totalCount }} baseModels {{ id number }} answeringModels {{ id }}
    completeness {{ ...Complete }} }} }} }}
}} {operations()["fragment Complete"]}"""
EXPORT = f"""query($id: ID!, $direction: Direction!, $format: LineageFormat!, $filter: LineageFilter) {{
  lineageExport(id: $id, direction: $direction, depth: 99, format: $format, filter: $filter) {{
    text nodeCount edgeCount completeness {{ ...Complete }} }} }} {operations()["fragment Complete"]}"""
COUNTS = ("nodeCount", "edgeCount")
MADE_OF = {
    "job": "TRAINING_JOB",
    "snapshots": "SNAPSHOT",
    "trainingSheets": "TRAINING_SHEET",
    "generations": "GENERATION",
    "templateVersions": "TEMPLATE_VERSION",
    "sheetVersions": "SHEET_VERSION",
    "tables": "SOURCE_TABLE",
    "labels": "LABEL_VERSION",
    "baseModels": "MODEL_VERSION",
    "answeringModels": "MODEL_VERSION",
}
LEARNED_BY = {"snapshots": "SNAPSHOT", "modelVersions": "MODEL_VERSION", "endpoints": "ENDPOINT"}
ASSETS = (TABLE, SHEET, TEMPLATE, LABEL, TRAINING, JOB, RETRY, MODEL, VERSION, MENDED, ENDPOINT, STOPPED, MONITOR, TASK)
PARTS: dict[str, tuple[str, ...]] = {
    "what was tested": (chain.TEST, chain.TEST_SHEET, loop.HIDDEN),
    "the middle": (JOB, RETRY, FAILED, TEMPLATE, MONITOR),
    "the data": (SHEET, LABEL, TRAINING, FEEDBACK, ENDPOINT),
    "the model": (MODEL, VERSION, MENDED, TRAINING, loop.PAUSED),
}
"""What of the loop vera may not see, in turn."""


ASKED = 3
"""How often at most, while there is too little time."""
ROUNDS = {"embedded": 4, "neo4j": 2}
"""How many random questions: Neo4j plans each anew, which takes it far longer than the answer."""


@dataclass
class Told:
    """A begat that holds the loop and some random worlds, asked by the admin and by vera."""

    people: People
    owner: Client
    vera: Client
    world: World

    def hide(self, assets: tuple[str, ...]) -> Veiled:
        """Takes just these assets of the loop, and what is of them, out of vera's sight."""

        async def move(graph: Graph) -> list[str]:
            owner = "coalesce(n.asset, n.trainingSheet, CASE WHEN n:Row THEN n.endpoint END, n.id)"
            await graph.execute(
                f"MATCH (n) WHERE n.project IN ['{chain.PROJECT}', '{chain.SECRET}'] AND NOT n:Project "
                f"SET n.project = CASE WHEN {owner} IN $assets THEN '{chain.SECRET}' ELSE '{chain.PROJECT}' END",
                assets=list(assets),
            )
            found: list[str] = await graph.read(
                "MATCH (n) WHERE n.project = $project RETURN collect(n.id)", project=chain.SECRET
            )
            return found

        return Veiled(frozenset(self.people.graph(move)))

    def far(self, rng: random.Random, least: int, hidden: int = 0) -> tuple[str, Question]:
        """A question about one of the random worlds' assets in sight that has at least so many hits, and so many of
        them out of sight."""
        starts = [one.id for one in self.world.assets() if one.project in (None, SEEN)]
        while True:
            start, question = rng.choice(starts), pose(rng)
            hits = expected(self.world, start, question, AT, sees_all=False).hits.values()
            if len(hits) >= least and sum(out_of_sight for _, _, out_of_sight in hits) >= hidden:
                return start, question

    def random(self) -> Veiled:
        """What of the random worlds is out of vera's sight."""
        return Veiled(frozenset(thing.id for thing in self.world.things.values() if thing.project == UNSEEN))


@pytest.fixture(scope="module")
def told(guarded: tuple[str, Settings], database: Database) -> Iterator[Told]:
    """Written once; a test hides what it likes."""
    people = People(*guarded, database)
    world = together(grow(random.Random(seed), 30, f"w{seed}") for seed in range(5))

    async def tell(graph: Graph) -> None:
        await loop.write(graph)
        await write(graph, world)
        for project in (SEEN, UNSEEN):
            await graph.execute("MERGE (p:Project {id: $id}) SET p.name = $id, p.revision = 1", id=project)

    async def admit(graph: Graph) -> None:
        await graph.execute(
            "MATCH (p:Principal {name: 'vera'}) MATCH (j:Project) WHERE j.id IN $ids "
            "CREATE (p)-[:HAS_ROLE {role: 'VIEWER'}]->(j)",
            ids=[chain.PROJECT, SEEN],
        )

    with people._open:
        people.empty()
        people.graph(tell)
        found = Told(people, people.person("root", admin=True), people.person("vera"), world)
        people.graph(admit)
        yield found


def compared(told: Told, veiled: Veiled, ids: list[str], **filter: Any) -> Counter[str]:
    """Asks everything about these assets of both; how many hidden hits each sort of walk had."""
    hidden: Counter[str] = Counter()
    for mine, his in everything(told, ids, **filter):
        assert his["id"] == mine["id"]
        for walk in ("upstream", "downstream", "sources"):
            hidden[walk] += veiled.walk(mine[walk], his[walk])
        veiled.users(mine["usedBy"], his["usedBy"])
    return hidden


def everything(told: Told, ids: list[str], **filter: Any) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """What the owner is told of each asset, beside what vera is."""
    for some in (ids[::2], ids[1::2]):  # a request has its deadline, and Neo4j takes its time to plan
        given = {"ids": some, "filter": filter, "first": 300}
        owners, viewers = (in_time(one, **given) for one in (told.owner, told.vera))
        yield from zip(owners, viewers, strict=True)


def in_time(client: Client, **given: Any) -> list[dict[str, Any]]:
    """Asks everything, and again where planning took all of the request's time: it is planned by then."""
    for _ in range(ASKED):
        nodes: list[dict[str, Any]] = client.ask(EVERYTHING, **given)["nodes"]
        if "DEADLINE" not in str(nodes):
            break
    return nodes


@pytest.mark.parametrize("part", PARTS)
def test_every_question_about_the_loop_is_answered_with_what_is_out_of_sight_replaced(told: Told, part: str) -> None:
    veiled = told.hide(PARTS[part])
    ids = [id for id in ASSETS if not veiled.hides(id)]
    assert compared(told, veiled, ids, asOf=AT, versions="ALL", rows=True)["upstream"]
    assert compared(told, veiled, ids, asOf=AT, level="VERSION")["downstream"] or part == "what was tested"

    for mine, his in everything(told, ids, versions="ALL"):
        veiled.impact(mine["impact"], his["impact"], mine["downstream"])

    models = [id for id in (VERSION, MENDED) if not veiled.hides(id)]
    owners, viewers = (one.ask(MADE, ids=models)["nodes"] for one in (told.owner, told.vera))
    for mine, his in zip(owners, viewers, strict=True):
        for one in (mine["lineage"], his["lineage"]):
            labels = one["labels"]["nodes"]
            assert int(one["labels"]["totalCount"]) == len(labels)
            one["labels"] = labels
        assert his["lineage"]["splits"] == mine["lineage"]["splits"]
        veiled.lists(mine["lineage"], his["lineage"], MADE_OF)

    for subject in (LEARNED, CORRECTED, FEEDBACK, LABEL, f"{TRAINING}:s1", SNAPSHOT, TABLE, RETRY):
        if not veiled.hides(subject):
            exposed(told, veiled, id=subject)
    if not veiled.hides(SHEET):
        exposed(told, veiled, sheet=SHEET, item="1")
    for one, other in combinations((TASK, TABLE, MENDED, VERSION), 2):
        if not veiled.hides(one) and not veiled.hides(other):
            veiled.paths(*(who.run("Paths", **{"from": one, "to": other}) for who in (told.owner, told.vera)))


def exposed(told: Told, veiled: Veiled, **subject: str) -> None:
    query = f"""query($id: ID, $sheet: ID, $item: String) {{ exposure(id: $id, sheetId: $sheet, itemRef: $item) {{
      rows snapshots {{ id }} modelVersions {{ ...Card }}
      endpoints {{ ...Card }} trafficShare shares {{ endpoint {{ id }} percent modelVersions {{ id }} }}
      completeness {{ ...Complete }} }} }} {operations()["fragment Card"]} {operations()["fragment Complete"]}"""
    mine, his = (one.ask(query, **subject)["exposure"] for one in (told.owner, told.vera))
    assert his["rows"] == mine["rows"]
    veiled.lists(mine, his, LEARNED_BY)
    shares = [share for share in mine["shares"] if not veiled.hides(share["endpoint"]["id"])]
    for share in shares:
        share["modelVersions"] = [one for one in share["modelVersions"] if not veiled.hides(one["id"])]
    assert his["shares"] == shares
    assert his["trafficShare"] == (sum(share["percent"] for share in shares) / 100 / len(shares) if shares else None)


@pytest.mark.parametrize("part", ["the middle", "the data"])
def test_every_format_says_to_a_viewer_what_it_says_to_the_owner_with_what_is_out_of_sight_replaced(
    told: Told, part: str
) -> None:
    veiled, hidden = told.hide(PARTS[part]), 0
    for direction, start in (("UP", MENDED), ("DOWN", TABLE)):
        given = {"id": start, "direction": direction, "depth": "all", "asOf": AT, "versions": "ALL", "rows": "true"}
        for format in READERS:
            mine, his = (exported(who, given, format) for who in (told.owner, told.vera))
            veiled.document(mine, his)
            hidden += sum(one[2] for one in his.nodes.values())
            written(told, veiled, {"id": start, "direction": direction, "format": format}, mine)
    assert hidden > 20


def written(told: Told, veiled: Veiled, given: dict[str, Any], streamed: Written) -> None:
    """The same by lineageExport: the owner's says what was streamed to him, the viewer's with the hidden replaced."""
    filter = {"asOf": AT, "versions": "ALL", "rows": True}
    mine, his = (one.ask(EXPORT, **given, filter=filter)["lineageExport"] for one in (told.owner, told.vera))
    owners, viewers = (READERS[given["format"]](one["text"]) for one in (mine, his))
    assert owners == streamed
    veiled.document(owners, viewers)
    assert {name: his[name] for name in COUNTS} == {name: mine[name] for name in COUNTS}
    left_out = [node[0] for id, node in owners.nodes.items() if veiled.hides(id)]
    veiled.complete(mine["completeness"], his["completeness"], left_out)


def exported(who: Client, given: dict[str, str], format: str) -> Written:
    answer = who.http.get("/lineage/export", params={**given, "format": format})
    assert answer.status_code == 200, answer.text
    return READERS[format](answer.content.decode())


def test_questions_about_random_graphs_are_answered_with_what_is_out_of_sight_replaced(told: Told) -> None:
    rng, hidden = random.Random(2), Counter[str]()
    for _ in range(ROUNDS[told.people.database.name]):
        start, question = told.far(rng, 5, hidden=3)
        hidden += compared(told, told.random(), [start, told.far(rng, 3)[0]], **filtered(question))
    assert sum(hidden.values()) > 5


def filtered(question: Question) -> dict[str, Any]:
    """The filter that asks for it."""
    lists = {"kinds": question.kinds, "relations": question.relations, "stopAt": question.stop_at or None}
    # What follows a relation to rows goes one way only; one filter asks both here.
    return {
        "level": question.level.value,
        "versions": question.versions.value,
        "deleted": question.deleted.value,
        "rows": question.rows or question.relations is not None,
        "asOf": AT,
        **{name: sorted(values) for name, values in lists.items() if values is not None},
    }


def test_the_list_page_by_page_the_counts_and_the_exported_document_hold_the_same(told: Told) -> None:
    rng, pages, rounds = random.Random(3), 0, ROUNDS[told.people.database.name]
    for number, who in enumerate((told.owner, told.vera) * rounds):
        start, question = told.far(rng, 5)
        field, depth = f"{question.direction.value.lower()}stream", question.depth or 99
        filter, first = filtered(question), rng.randint(1, 5)
        if number >= rounds:  # what there is now, which other statements tell; its pages carry the moment
            del filter["asOf"]
        query = f"""query($id: ID!, $depth: Int, $filter: LineageFilter, $first: Int, $after: String) {{
          asset(id: $id) {{ {field}(depth: $depth, filter: $filter) {WALK} }} }} {FRAGMENTS}"""
        nodes, edges, after = list[dict[str, Any]](), list[dict[str, Any]](), None
        while True:
            given = {"id": start, "depth": depth, "filter": filter, "first": first, "after": after}
            walk = who.ask(query, **given)["asset"][field]
            nodes += walk["nodes"]["nodes"]
            edges += walk["nodes"]["edges"]
            after, pages = walk["nodes"]["pageInfo"]["endCursor"], pages + 1
            if not walk["nodes"]["pageInfo"]["hasNextPage"]:
                break
        assert int(walk["nodes"]["totalCount"]) == len(nodes)
        counts = Counter((hit["depth"], hit["kind"]) for hit in nodes)
        assert [((one["depth"], one["kind"]), int(one["count"])) for one in walk["counts"]] == sorted(counts.items())
        address = {name: ",".join(value) if isinstance(value, list) else str(value) for name, value in filter.items()}
        address |= {"id": start, "direction": question.direction.value, "depth": str(depth), "asOf": walk["at"]}
        for format in READERS:
            written = exported(who, address, format)
            assert {id: one[:3] for id, one in written.nodes.items()} == {
                hit["id"]: (hit["kind"], hit["depth"], hit["hidden"]) for hit in nodes
            }
            assert format == "PROV" or list(written.nodes) == [hit["id"] for hit in nodes], "it tells jobs apart"
            assert sorted(written.edges) == sorted(
                (edge["from"], edge["to"], edge["relation"], edge["via"]) for edge in edges
            )
            assert written.about["complete"] == str(walk["completeness"]["complete"]).lower()
            assert int(written.about["nodeCount"]) == len(nodes)
    assert pages > 8
