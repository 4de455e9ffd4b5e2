"""The loop that generates: one training sheet that cannot go on holds up no other, and ends with its reason."""

from __future__ import annotations

from typing import Any

import anyio
import pytest

from begat.access.scope import single_user
from begat.change.many import Target, apply
from begat.change.write import Change, write
from begat.graph.driver import Graph
from begat.kinds.training_sheet import acts
from tests.api_client import Client
from tests.conftest import Database
from tests.kinds import frozen
from tests.kinds import generated as given


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
