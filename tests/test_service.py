"""A running begat: what its instances share, and what it mends by itself."""

from __future__ import annotations

import asyncio
import os
import shlex
import signal
import sys
from pathlib import Path

import anyio
import pytest

from begat.config import Settings
from begat.core.errors import Problem
from begat.graph.driver import Graph
from begat.service import graph_of, plan_secret
from tests.begat_process import java
from tests.embedded_graph import java_options, put_database

pytestmark = pytest.mark.anyio


async def test_instances_that_start_at_once_sign_plans_with_one_secret(graph: Graph) -> None:
    for _ in range(20):
        await graph.execute("MATCH (n:Schema {name: 'begat'}) SET n.planKey = null")
        assert len(set(await asyncio.gather(*(plan_secret(graph) for _ in range(8))))) == 1


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Of a begat on a new embedded graph."""
    put_database(tmp_path / "home" / "graph")
    return Settings.read({"BEGAT_HOME": str(tmp_path / "home"), "BEGAT_JAVA_OPTIONS": shlex.join(java_options())})


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="finds the graph's process in /proc")
async def test_a_graph_that_cannot_be_started_again_at_first_is_tried_until_it_can(settings: Settings) -> None:
    home = settings.home / "graph"
    async with graph_of(settings) as graph:
        assert await graph.read("RETURN 1") == 1
        # Its output file cannot be opened for a while: as on a full disk, an OSError.
        (home / "out.log").unlink()
        (home / "out.log").mkdir()
        os.kill(java(settings.home)[0], signal.SIGKILL)
        await anyio.sleep(2)
        (home / "out.log").rmdir()
        with anyio.fail_after(60):
            while True:
                try:
                    assert await graph.read("RETURN 1") == 1
                except Problem:  # it is away for as long as it takes
                    await anyio.sleep(0.2)
                else:
                    break
