"""Who may label: a label is in its sheet's project, and what is out of sight is not found, in few statements."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from begat.access.scope import DEFAULT_PROJECT, Viewer, single_user
from begat.change import assets
from begat.change.write import Change, write
from begat.config import Settings
from begat.core.errors import Code, Problem
from begat.core.roles import Role
from begat.gql.context import Context
from begat.graph.driver import Graph
from begat.kinds.canonical_label import acts
from begat.kinds.canonical_label.acts import NewLabel
from begat.kinds.canonical_label.importing import import_labels
from begat.kinds.canonical_label.lookup import lookup
from begat.kinds.sheet.kind import SHEET
from begat.platforms.local.platform import open_platform
from begat.platforms.platform import Platform

pytestmark = pytest.mark.anyio
STRANGER = Viewer("stranger", roles={"project_other": Role.OWNER})
REVIEWER = Viewer("reviewer", roles={DEFAULT_PROJECT: Role.REVIEWER})
EDITOR = Viewer("editor", roles={DEFAULT_PROJECT: Role.EDITOR})


@pytest.fixture
async def platform(tmp_path: Path) -> AsyncIterator[Platform]:
    platform = open_platform(tmp_path, tmp_path / "tables", None, None)
    yield platform
    platform.close()


def context(graph: Graph, platform: Platform, viewer: Viewer) -> Context:
    return Context(graph, viewer, platform, Settings(home=Path(), tables=Path()), "", lambda: None)


async def sheet(graph: Graph) -> str:
    async def work(change: Change) -> str:
        return str((await assets.create(change, SHEET, DEFAULT_PROJECT, {"name": "s", "table": "t"}))["id"])

    return await write(graph, single_user(), work)


def label(sheet: str, item: str = "1") -> NewLabel:
    return NewLabel(sheet, item, "intent", "v", None, (), (), None, (), None, None)


async def code_of(act: object) -> Code:
    with pytest.raises(Problem) as refused:
        await act  # type: ignore[misc] # any awaitable
    return refused.value.code


async def test_only_an_editor_of_the_sheets_project_labels_and_a_stranger_finds_nothing(
    graph: Graph, platform: Platform
) -> None:
    id = await sheet(graph)
    for viewer, code in ((STRANGER, Code.NOT_FOUND), (REVIEWER, Code.FORBIDDEN)):
        there = context(graph, platform, viewer)
        assert await code_of(acts.create(there, label(id))) is code
        assert await code_of(import_labels(there, "CSV", "itemRef,value\n1,x\n", id, "intent", dry_run=True)) is code
    made = await acts.create(context(graph, platform, EDITOR), label(id))
    assert await code_of(acts.update(context(graph, platform, STRANGER), made, {"notes": "x"}, None)) is Code.NOT_FOUND
    assert await code_of(acts.update(context(graph, platform, REVIEWER), made, {"notes": "x"}, None)) is Code.FORBIDDEN
    assert await code_of(lookup(graph, STRANGER, id, "intent", ["1"], ())) is Code.NOT_FOUND
    assert list(await lookup(graph, REVIEWER, id, "intent", ["1", "2"], ("n.id",))) == ["1"]
    assert await graph.read("MATCH (n:CanonicalLabel) RETURN count(n)") == 1


async def test_a_batch_of_a_file_costs_few_statements_whether_it_makes_or_changes(
    graph: Graph, platform: Platform
) -> None:
    id, there = await sheet(graph), context(graph, platform, EDITOR)
    for value in ("a", "b", "b"):
        text = "itemRef,value\n" + "".join(f"{number},{value}\n" for number in range(400))
        before = graph.statements
        result = await import_labels(there, "CSV", text, id, "intent", dry_run=False)
        assert len(result.ids) == 400
        assert graph.statements - before <= 2 * 8


async def test_a_lookup_of_a_thousand_is_one_statement(graph: Graph) -> None:
    id = await sheet(graph)
    before = graph.statements
    assert await lookup(graph, EDITOR, id, "intent", [str(number) for number in range(1_000)], ("n.id",)) == {}
    assert graph.statements - before == 1
