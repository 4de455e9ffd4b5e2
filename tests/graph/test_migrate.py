"""Migrations: run once, repeatable after a crash, and never by an older begat."""

from __future__ import annotations

import pytest
from neo4j.exceptions import ConstraintError

from begat.core.errors import Code
from begat.graph import migrate as migrations
from begat.graph.driver import Graph
from begat.graph.migrate import VERSION, TooNewError, migrate, version
from begat.kinds.feedback import kind as feedback
from begat.kinds.qa_pair import kind as qa_pair
from begat.kinds.registry import KINDS

pytestmark = pytest.mark.anyio


async def test_a_new_graph_is_brought_to_the_version_of_the_code_and_has_a_default_project(graph: Graph) -> None:
    assert await version(graph) == VERSION
    assert await graph.read("MATCH (p:Project) RETURN [p.id, p.name]") == ["project_default", "default"]


async def test_a_second_run_changes_nothing(graph: Graph) -> None:
    await graph.execute("MATCH (p:Project) SET p.name = 'renamed', p.revision = 7")
    before = graph.statements
    assert await migrate(graph) == VERSION
    assert graph.statements == before + 1  # it asked for the version and for nothing else
    assert await graph.read("MATCH (p:Project) RETURN [p.name, p.revision]") == ["renamed", 7]


async def test_a_run_that_was_cut_off_is_done_again_by_the_next(graph: Graph) -> None:
    await graph.execute("MATCH (n:Schema) SET n.version = 0")
    await graph.execute("MATCH (p:Project) SET p.revision = 7")
    assert await migrate(graph) == VERSION
    assert await graph.read("MATCH (p:Project) RETURN collect(p.revision)") == [7]


async def test_a_graph_of_a_newer_begat_is_refused_and_left_as_it_is(graph: Graph) -> None:
    await graph.execute("MATCH (n:Schema) SET n.version = $version", version=VERSION + 1)
    with pytest.raises(TooNewError) as refused:
        await migrate(graph)
    assert refused.value.code is Code.UNAVAILABLE
    assert f"version {VERSION + 1}" in refused.value.message
    assert await version(graph) == VERSION + 1


async def test_what_must_be_unique_is(graph: Graph) -> None:
    for label, names in migrations.UNIQUE.items():
        for name in names:
            await graph.execute(f"CREATE (n:{label}) SET n.{name} = 'once'")
            with pytest.raises(ConstraintError):
                await graph.execute(f"CREATE (n:{label}) SET n.{name} = 'once'")
            await graph.execute(f"MATCH (n:{label} {{{name}: 'once'}}) DELETE n")


async def test_every_sort_of_node_and_edge_is_known_before_the_first_of_it_is_written(graph: Graph) -> None:
    expected = {":".join(kind.labels()) for kind in KINDS.values()}
    expected |= {f"Version:{kind.version}" for kind in KINDS.values() if kind.version}
    expected |= {":".join(labels) for labels in (feedback.LABELS, qa_pair.LABELS)}
    assert expected <= set(migrations.SORTS)
    assert await graph.read("MATCH (n) WHERE NOT n:Schema AND NOT n:Project AND NOT n:Lease RETURN count(n)") == 0


async def test_a_graph_from_before_others_could_say_what_feeds_a_table_learns_of_it(graph: Graph) -> None:
    await graph.execute("DROP CONSTRAINT feeder_id IF EXISTS")
    await graph.execute("MATCH (n:Schema) SET n.version = 2")
    assert await migrate(graph) == VERSION
    await graph.execute("CREATE (n:Feeder {id: 'once'})")
    with pytest.raises(ConstraintError):
        await graph.execute("CREATE (n:Feeder {id: 'once'})")
    assert await graph.read("MATCH (n:Feeder) RETURN count(n)") == 1


async def test_a_graph_from_before_jobs_could_start_from_models_keeps_its_jobs_and_takes_new_ones(graph: Graph) -> None:
    await graph.execute("MATCH (n:Schema) SET n.version = 5")
    await graph.execute("CREATE (:Asset:TrainingJob {id: 'job_old'}) CREATE (:Asset:ModelVersion {id: 'mver_old'})")
    assert await migrate(graph) == VERSION
    started = "MATCH (j:TrainingJob)-[:STARTED_FROM]->(m) RETURN collect([j.id, m.id])"
    assert await graph.read(started) == []
    await graph.execute(
        "MATCH (j:TrainingJob {id: 'job_old'}) MATCH (m:ModelVersion {id: 'mver_old'}) CREATE (j)-[:STARTED_FROM]->(m)"
    )
    assert await graph.read(started) == [["job_old", "mver_old"]]
    assert await graph.read("MATCH (n:TrainingJob) RETURN count(n)") == 1
