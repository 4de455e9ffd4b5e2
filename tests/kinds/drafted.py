"""Training sheets that a test's own loop generates, made directly: a table, a draft over it, and how far it is."""

from __future__ import annotations

from pathlib import Path

import anyio

from begat.access.scope import DEFAULT_PROJECT, single_user
from begat.change import assets, many
from begat.change.background import Background
from begat.change.many import Target
from begat.change.write import Change, write
from begat.core import ids
from begat.gql.columns import to_json
from begat.graph.driver import Graph
from begat.kinds.sheet.kind import SHEET
from begat.kinds.template.kind import TEMPLATE
from begat.kinds.training_sheet import acts
from begat.kinds.training_sheet.kind import TRAINING_SHEET
from begat.kinds.training_sheet.rules import Answer, AnswerMethod, Definition
from begat.kinds.training_sheet.running import Generation

COLUMNS = ("id", "text", "intent")


def table(home: Path, count: int, answer: str = "fee") -> list[str]:
    """Writes so many rows, all with this answer, in the place of those that were there; their item references."""
    folder = home / "tables" / "test"
    folder.mkdir(parents=True, exist_ok=True)
    refs = [f"r{number}" for number in range(1, count + 1)]
    lines = [",".join(COLUMNS), *(f"{ref},Question {ref}?,{answer}" for ref in refs)]
    (folder / "questions.csv").write_text("\n".join(lines) + "\n")
    return refs


async def begun(graph: Graph) -> str:
    """A training sheet over the table, GENERATING; its id."""

    async def work(change: Change) -> str:
        columns = [
            {
                "id": ids.new("column"),
                "name": name,
                "type": "VARCHAR",
                "role": None,
                "description": None,
                "source": name,
            }
            for name in COLUMNS
        ]
        over = {"name": "questions", "table": "local.test.questions", "columns": to_json(columns), "itemKey": "id"}
        sheet = await assets.create(change, SHEET, DEFAULT_PROJECT, over)
        asking = {"name": "ask", "prompt": "{{ text }}"}
        template = await assets.create(change, TEMPLATE, DEFAULT_PROJECT, asking)
        properties = {
            "name": "pairs",
            "sheet": sheet["id"],
            "sheetVersion": ids.immutable(sheet["id"], "v", 1),
            "template": template["id"],
            "templateVersion": ids.immutable(template["id"], "v", 1),
            "definition": to_json(Definition(Answer(AnswerMethod.COLUMN, column="intent")).as_json()),
        }
        return str((await assets.create(change, TRAINING_SHEET, DEFAULT_PROJECT, properties))["id"])

    id = await write(graph, single_user(), work)
    assert (await many.act(graph, single_user(), acts.generate(), [Target(id)])).changed == 1
    return id


async def status(graph: Graph, id: str) -> str:
    """Where the training sheet stands."""
    return str(await graph.read("MATCH (n:TrainingSheet {id: $id}) RETURN n.status", id=id))


async def made(graph: Graph, id: str) -> list[str]:
    """The item references of its pairs, by position."""
    pairs = "MATCH (p:QaPair {trainingSheet: $id}) WITH p ORDER BY p.position RETURN collect(p.itemRef)"
    found: list[str] = await graph.read(pairs, id=id)
    return found


async def until_made(generation: Generation, work: Background, id: str, count: int) -> None:
    """Steps until it has so many pairs."""
    with anyio.fail_after(60):
        while len(await made(work.graph, id)) < count:
            await generation.step(work)


async def until_over(generation: Generation, work: Background, id: str) -> tuple[str, list[str]]:
    """Steps until it is not GENERATING any more; how it then stands, and what was made."""
    with anyio.fail_after(60):
        while await status(work.graph, id) == "GENERATING":
            await generation.step(work)
    return await status(work.graph, id), await made(work.graph, id)
