"""kill -9 at twenty moments of the story: every acknowledged change is there once, and the story goes on."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import sys
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.api_client import Client
from tests.begat_process import java, serving, workers
from tests.story.teller import Story

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not sys.platform.startswith("linux"), reason="finds the graph's and the worker's process in /proc"
    ),
]

SEED = 7
MOMENTS = 20


class Away(Exception):  # noqa: N818 - what a client waits out
    """begat answered that its graph is away."""


class StruckClient(Client):
    """A client that takes UNAVAILABLE, wherever it stands in an answer, as a reason to try again later."""

    def send(self, query: str, variables: dict[str, Any] | None = None) -> dict[str, Any]:
        """The whole answer; raises Away."""
        answer = super().send(query, variables)
        if '"UNAVAILABLE"' in json.dumps(answer):
            raise Away
        return answer


class Lives:
    """A begat on one home that is killed and started again; `client` always speaks to the present one."""

    def __init__(self, home: Path, held: contextlib.ExitStack) -> None:
        self.home = home
        self._life = contextlib.ExitStack()
        held.callback(self.end)
        self.client = StruckClient(self._start(), home, home / "tables")

    def _start(self) -> httpx.Client:
        self.begat = self._life.enter_context(serving(self.home))
        self.begat.wait_ready()
        return self._life.enter_context(httpx.Client(base_url=self.begat.address, timeout=60))

    def strike(self, victim: str) -> None:
        """kill -9 of the graph or of a training worker; of begat itself where there is no such process now."""
        found = java(self.home) if victim == "graph" else workers(self.home) if victim == "worker" else []
        for pid in found:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if not found:
            self.begat.process.kill()

    def end(self) -> None:
        """kill -9 of begat; its children end by themselves."""
        self._life.close()

    def restart(self) -> None:
        """After whatever was struck: begat too, and then a new one."""
        self.end()
        self.client.http = self._start()


LOST = (httpx.HTTPError, ValueError, Away)
"""What a client of a killed begat sees: a broken connection, half an answer, or that the graph is away."""

WHOLE = """{
  assets(where: { retention: [LIVE, ARCHIVED, TRASHED] }, first: 1000) {
    nodes { id kind name revision history(first: 200) { nodes { revision } totalCount } } totalCount
  }
  models { nodes { versions(first: 10) { nodes { id evaluations { metric split } } totalCount } } }
}"""
PAIRS = """query($id: ID!) { trainingSheet(id: $id) { statusName
  snapshot { splits { split rows } } review { total decided }
  pairs(first: 1000, orderBy: POSITION_ASC) { nodes { position statusName reviews { verdict void } } totalCount } } }"""


def _steps(story: Story) -> list[Callable[[], Any]]:
    steps: list[Callable[[], Any]] = [story.write_tables]
    steps += [partial(story.create_sheet, split) for split in ("train", "test")]
    steps += [story.create_template, story.publish, story.import_labels]
    for split in ("train", "test"):
        each = (story.create_training_sheet, story.generate, story.decide, story.freeze)
        steps += [partial(step, split) for step in each]
    return [*steps, story.train, story.await_model, story.promote]


def test_the_story_survives_kill_9_at_twenty_moments(tmp_path: Path, banking77: Path) -> None:
    chance = random.Random(SEED)
    with contextlib.ExitStack() as held:
        lives = Lives(tmp_path / "home", held)
        story = Story(lives.client, banking77, "crash")
        steps = _steps(story)
        acknowledged: dict[str, str] = {}
        moments = place = 0
        while place < len(steps) or moments < MOMENTS:
            # Once all is told, it is told again, and struck again.
            step = steps[place] if place < len(steps) else chance.choice(steps)
            strike = moments < MOMENTS and chance.random() < 0.85
            killer = _killer(lives, chance) if strike else None
            try:
                step()
                place += 1
            except LOST:
                assert killer is not None, "begat broke a connection although nobody killed it"
            if killer is not None:
                killer.join()
                moments += 1
                lives.restart()
            for name, id in acknowledged.items():
                assert story.ids[name] == id, f"{name} was made twice"
            acknowledged = dict(story.ids)
        for step in steps:
            step()
        assert story.ids == acknowledged
        _everything_is_there_once(story)


def _killer(lives: Lives, chance: random.Random) -> threading.Timer:
    victim = chance.choice(["begat", "begat", "graph", "worker"])
    seconds = chance.choice([0.0, 0.01, 0.05, 0.2, 0.8])  # a moment by chance, with a fixed seed
    killer = threading.Timer(seconds, lives.strike, [victim])
    killer.start()
    return killer


def _everything_is_there_once(story: Story) -> None:
    whole = story.api.ask(WHOLE)
    assets = whole["assets"]["nodes"]
    names = [(asset["kind"], asset["name"]) for asset in assets if asset["kind"] != "CANONICAL_LABEL"]
    assert len(names) == len(set(names)), "an asset stands there twice"
    for asset in assets:
        numbers = [entry["revision"] for entry in asset["history"]["nodes"]]
        assert numbers == list(range(asset["revision"], 0, -1)), f"the history of {asset['id']} has a gap"
    (model,) = whole["models"]["nodes"]
    assert model["versions"]["totalCount"] == 1
    (version,) = model["versions"]["nodes"]
    measured = [(one["metric"], one["split"]) for one in version["evaluations"]]
    assert len(measured) == len(set(measured)) >= 1
    for split in ("train", "test"):
        rows = len(story.rows(split))
        sheet = story.api.ask(PAIRS, id=story.ids[f"pairs-{split}"])["trainingSheet"]
        assert sheet["statusName"] == "FINALIZED"
        assert [pair["position"] for pair in sheet["pairs"]["nodes"]] == list(range(1, rows + 1))
        assert all(len(pair["reviews"]) == 1 for pair in sheet["pairs"]["nodes"]), "a pair was decided twice"
        assert sum(entry["rows"] for entry in sheet["snapshot"]["splits"]) == rows
