"""The loop that generates: one training sheet that cannot go on holds up no other, and ends with its reason."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anyio
import pytest

from begat.access.scope import single_user
from begat.change.background import Background
from begat.change.many import Target, apply
from begat.change.write import Change, write
from begat.core.errors import Code, Problem
from begat.graph.driver import Graph
from begat.kinds.training_sheet import acts, plans, running
from begat.kinds.training_sheet.plans import Plan
from begat.kinds.training_sheet.running import Generation
from tests.api_client import Client
from tests.conftest import Database
from tests.kinds import drafted, frozen
from tests.kinds import generated as given
from tests.kinds.watched import holding


def test_a_training_sheet_that_begat_itself_cannot_generate_fails_and_holds_up_no_other(
    api: Client, database: Database
) -> None:
    sheet, template = given.sheet(api, given.rows(4)), given.template(api)
    broken, sound = (given.create(api, sheet, template, name=name) for name in ("broken", "sound"))
    anyio.run(_broken, database, broken)
    api.done("TrainingSheetGenerate", ids=[broken, sound])
    assert given.finished(api, sound)["statusName"] == "IN_REVIEW"
    found: dict[str, Any] = given.finished(api, broken)
    assert found["statusName"] == "FAILED"
    assert found["failure"]["code"] == "PLATFORM"
    assert "fault" in found["failure"]["message"]


async def _broken(database: Database, id: str) -> None:
    """As if another begat had written what this one cannot read."""
    async with database.connect() as graph:
        await graph.execute("MATCH (n:TrainingSheet {id: $id}) SET n.definition = '{'", id=id)


@pytest.mark.anyio
async def test_a_run_that_something_is_away_for_holds_up_no_other_and_goes_on_once_it_is_back(
    graph: Graph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "BATCH", 2)
    monkeypatch.setattr(running, "AWAY_SECONDS", 0.0)
    make = plans.make

    async def away(work: Background, id: str, run: str) -> Plan:
        if id == waiting:  # as where the log of what endpoints answered cannot be written
            raise Problem(Code.UNAVAILABLE, "The query could not be logged: No space left on device.")
        return await make(work, id, run)

    refs, generation = drafted.table(tmp_path, 10), Generation()
    async with holding(graph, "generation", tmp_path) as loop:
        sound, waiting = await drafted.begun(graph), await drafted.begun(graph)
        monkeypatch.setattr(plans, "make", away)
        assert await drafted.until_over(generation, loop, sound) == ("IN_REVIEW", refs)
        assert (await drafted.status(graph, waiting), await drafted.made(graph, waiting)) == ("GENERATING", [])
        monkeypatch.setattr(plans, "make", make)
        assert await drafted.until_over(generation, loop, waiting) == ("IN_REVIEW", refs)


@pytest.mark.anyio
async def test_a_canceled_draft_has_no_pair_of_an_earlier_run_and_an_archived_one_can_be_canceled(
    graph: Graph, database: Database
) -> None:
    sheet = await frozen.frozen(graph, database.home, "left", frozen.rows(), status="IN_REVIEW", frozen=False)

    async def work(change: Change) -> tuple[str | None, int]:
        # As a second run finds what the first one, which failed, has left; in one change, so that no begat joins in.
        await change.read(
            "MATCH (n:TrainingSheet {id: $id}) SET n.status = 'GENERATING', n.generation = $generation, "
            "n.retention = 'ARCHIVED' RETURN 1",
            id=sheet.sheet,
            generation=f"{sheet.sheet}:g2",
        )
        outcome = (await apply(change, acts.cancel(), [Target(sheet.sheet)]))[0]
        assert outcome.ok, outcome.problem
        left = await change.read("MATCH (p:QaPair) WHERE p.trainingSheet = $id RETURN count(p)", id=sheet.sheet)
        return outcome.status_after, left

    assert await write(graph, single_user(), work) == ("DRAFT", 0)
