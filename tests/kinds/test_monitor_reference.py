"""The frozen rows that drift compares with: what is kept of them, and what is asked again."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from begat.core.errors import Code, Problem
from begat.kinds.monitor import reference
from begat.kinds.monitor.learned import Learned, Part, Source, Template
from begat.kinds.sheet.rows import items
from begat.kinds.sheet.rules import Column
from begat.platforms.platform import Platform
from begat.platforms.ports import ColumnInfo, ModelRef, Row, TableContent

pytestmark = pytest.mark.anyio

NAMES = ("id", "amount", "channel")
ROWS: list[Row] = [{"id": str(number), "amount": number, "channel": "mail"} for number in range(200)]
CONTENT = TableContent("c1", tuple(ColumnInfo(name, "VARCHAR") for name in NAMES), ROWS, len(ROWS))
COLUMNS = tuple(Column(name, name, "STRING", source=name) for name in NAMES)
ALWAYS = {"answer", "answerScore", "question"}


class Tables:
    """A table that cannot be read while there is a ``problem``."""

    def __init__(self) -> None:
        self.problem: Code | None = None
        self.read_times = 0

    def read(self, name: str) -> TableContent:
        self.read_times += 1
        if self.problem is not None:
            raise Problem(self.problem, "The file cannot be read.")
        return CONTENT


class Serving:
    """A model that answers everything alike."""

    async def predict(self, model: ModelRef, texts: list[str], seconds: float) -> Any:
        return SimpleNamespace(outputs=[{"answer": "a", "score": 0.5} for _ in texts])


class Artifacts:
    """One frozen snapshot."""

    def read(self, sha256: str) -> list[dict[str, Any]]:
        refs = [item.item_ref for item in items(COLUMNS, "id", CONTENT)]
        return [
            {"question": f"q {number}", "answer": "a", "split": "TEST", "itemRef": ref}
            for number, ref in enumerate(refs)
        ]


@pytest.mark.parametrize(
    ("problem", "then"),
    [(Code.UNAVAILABLE, {"amount", "channel"}), (Code.PLATFORM, {"amount", "channel"}), (Code.NOT_FOUND, set[str]())],
)
async def test_a_table_that_is_away_for_now_is_asked_again(problem: Code, then: set[str]) -> None:
    tables = Tables()
    platform = cast(Platform, SimpleNamespace(tables=tables, serving=Serving(), artifacts=Artifacts()))
    source = Source("s1", "sha", "sheet1", "local.t", COLUMNS, "id", frozenset({"c1"}))
    learned = Learned(
        {problem.value: ModelRef("m", "u", "h")},
        {problem.value: 100},
        {"s1": source},
        (Part("s1", None),),
        (Part("s1", ("TEST",)),),
        Template("t:v1", None, "{{amount}} {{channel}}", ("amount", "channel")),
    )
    tables.problem = problem
    away = await reference.frozen(platform, learned, None)
    tables.problem = None
    there = await reference.frozen(platform, learned, None)
    assert away is not None
    assert there is not None
    assert (set(away.columns), set(there.columns)) == (ALWAYS, ALWAYS | then)
    asked = tables.read_times
    assert await reference.frozen(platform, learned, None) is there
    assert tables.read_times == asked, "it is kept"
