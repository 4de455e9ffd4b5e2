"""Training sheets with pairs, written as their generation leaves them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import anyio

from begat.access.scope import DEFAULT_PROJECT, Viewer, single_user
from begat.change.write import Change, write
from begat.core import ids
from begat.core.roles import Role
from begat.graph.driver import Graph
from tests.conftest import Database

T = TypeVar("T")


@dataclass(frozen=True)
class Seeded:
    """A training sheet and its pairs in order."""

    sheet: str
    pairs: list[str]


async def seed(
    graph: Graph, pairs: int = 6, *, status: str = "IN_REVIEW", project: str = DEFAULT_PROJECT, **properties: Any
) -> Seeded:
    """A training sheet with PENDING pairs; ``properties`` are set on each pair."""
    sheet = ids.new("ts")
    await write(graph, single_user(), partial(_sheet, id=sheet, status=status, project=project))
    made: list[str] = []
    for start in range(0, pairs, 1_000):
        part = range(start + 1, min(start + 1_000, pairs) + 1)
        made += await write(
            graph, single_user(), partial(_pairs, sheet=sheet, project=project, positions=part, properties=properties)
        )
    return Seeded(sheet, made)


async def _sheet(change: Change, id: str, status: str, project: str) -> None:
    change.create(
        ("Asset", "TrainingSheet"),
        {
            "id": id,
            "kind": "TRAINING_SHEET",
            "project": project,
            "name": "intents",
            "owner": "me",
            "tags": [],
            "status": status,
            "retention": "LIVE",
            "revision": 1,
            "version": 1,
            "createdAt": change.at,
            "createdBy": "me",
            "updatedAt": change.at,
            "updatedBy": "me",
        },
    )


async def _pairs(change: Change, sheet: str, project: str, positions: range, properties: dict[str, Any]) -> list[str]:
    made = []
    for position in positions:
        id = ids.new("pair")
        made.append(id)
        change.create(
            ("Row", "QaPair"),
            {
                "id": id,
                "kind": "QA_PAIR",
                "project": project,
                "trainingSheet": sheet,
                "position": position,
                "key": f"{sheet}|{position}",
                "sheet": "sheet_1",
                "itemRef": str(position),
                "sourceRow": f"sheet_1|{position}",
                "question": f"question {position}?",
                "answer": f"answer {position}",
                "source": "COLUMN",
                "status": "PENDING",
                "revision": 1,
                "createdAt": change.at,
                "updatedAt": change.at,
                "updatedBy": "begat",
                **properties,
            },
        )
    return made


def reviewer(name: str, project: str = DEFAULT_PROJECT, role: Role = Role.REVIEWER) -> Viewer:
    """Somebody who may review in the project."""
    return Viewer(name, roles={project: role})


def on(database: Database, work: Callable[[Graph], Awaitable[T]]) -> T:
    """Runs ``work`` on a connection of its own, from a test that is not asynchronous."""

    async def run() -> T:
        async with database.connect() as graph:
            return await work(graph)

    return anyio.run(run)


def seeded(database: Database, pairs: int = 6, **more: Any) -> Seeded:
    """As `seed`, from a test that is not asynchronous."""
    return on(database, lambda graph: seed(graph, pairs, **more))
