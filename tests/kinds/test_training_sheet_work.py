"""The loop that generates: one training sheet that cannot go on holds up no other, and ends with its reason."""

from __future__ import annotations

from typing import Any

import anyio

from tests.api_client import Client
from tests.conftest import Database
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
