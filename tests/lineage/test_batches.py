"""A document is the same text in however many batches it is written."""

from __future__ import annotations

import random
import re
from uuid import UUID

import pytest

from begat.access.scope import Viewer, single_user
from begat.graph.driver import Graph
from begat.lineage import answers
from begat.lineage.export import document as documents
from begat.lineage.export import formats
from begat.lineage.export.asked import document
from begat.lineage.export.document import Document
from begat.lineage.export.formats import Format, pieces
from begat.lineage.question import Direction, Level, Question, Versions
from tests.lineage.test_reach import AFTER, SOMEBODY
from tests.lineage.worlds import World, grow, together, write
from tests.lineage.written import READERS

pytestmark = pytest.mark.anyio
SERIAL = re.compile(r"urn:uuid:[0-9a-f-]{36}")
"""What no two CycloneDX documents have in common."""


@pytest.fixture
async def world(graph: Graph) -> World:
    """Some random worlds in one graph."""
    found = together(grow(random.Random(seed), 120, f"w{seed}") for seed in range(3))
    await write(graph, found)
    return found


async def _walk(graph: Graph, viewer: Viewer, world: World, direction: Direction) -> Document:
    """The walk that finds most nodes."""
    question = Question(direction, None, Level.VERSION, Versions.ALL, rows=True)
    starts = {thing.id: thing.kind for thing in world.assets() if viewer.sees(thing.project)}
    every = await answers.walks(graph, viewer, "k", starts, question, AFTER)
    start = max(every, key=lambda start: len(every[start].walk.hits))
    return await document(graph, viewer, "k", start, question, AFTER)


async def _text(graph: Graph, viewer: Viewer, found: Document, format: Format) -> str:
    text = "".join([piece async for piece in pieces(graph, viewer, found, format)])
    return SERIAL.sub(f"urn:uuid:{UUID(int=0)}", text)


@pytest.mark.parametrize("viewer", [single_user(), SOMEBODY], ids=["owner", "viewer"])
async def test_every_format_is_the_same_text_in_many_batches_as_in_one(
    graph: Graph, world: World, viewer: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for direction in Direction:
        found = await _walk(graph, viewer, world, direction)
        assert min(found.node_count, len(found.edges)) > 9
        assert "TRAINING_JOB" in found.kinds.values(), "which is a batch without an entity of PROV, of one node"
        for format in Format:
            whole = await _text(graph, viewer, found, format)
            assert len(READERS[format.value](whole).nodes) == found.node_count
            for batch in (1, 3):
                with monkeypatch.context() as patched:
                    patched.setattr(documents, "BATCH", batch)
                    patched.setattr(formats, "BATCH", batch)
                    assert await _text(graph, viewer, found, format) == whole, (format, batch)
