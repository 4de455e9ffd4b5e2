"""Walks down whose edges are read by assets: the same answers as by immutable nodes, and those of trying every path."""

from __future__ import annotations

import random
from functools import partial

from hypothesis import given, settings
from hypothesis import strategies as st

from begat.access.scope import Viewer
from begat.lineage import answers
from begat.lineage.answers import Answer
from begat.lineage.question import Direction, Level, Question, Versions
from begat.lineage.reached import Whole
from tests.lineage.held import OWNER, SOMEBODY
from tests.lineage.oracle import expected
from tests.lineage.questions import moment, pose
from tests.lineage.test_oracle import (
    AFTER,
    EXAMPLES,
    Told,
    said,
    told,  # noqa: F401 - the fixture
    wanted,
)
from tests.lineage.worlds import SEEN

ENOUGH = 100_000


def test_a_walk_by_assets_equals_that_by_immutable_nodes_and_trying_every_path(told: Told) -> None:  # noqa: F811
    by_assets = 0

    @given(st.integers(0, 2**32 - 1).map(random.Random))
    @settings(max_examples=EXAMPLES[told.database])
    def check(rng: random.Random) -> None:
        nonlocal by_assets
        relations = pose(rng, Direction.DOWN).relations
        if relations is not None:
            relations |= {"WATCHES"}
        depth = rng.choice((1, 2, 3, 4, 5, 6, 60, None))
        question = Question(Direction.DOWN, depth, Level.ASSET, Versions.ALL, relations=relations)
        at = moment(rng, rng.choice(told.worlds))
        now = None if at == AFTER else at
        limit, window = rng.choice((ENOUGH, ENOUGH, 1, 2, 3, 5, 8)), rng.choice((0, 0, 1))
        kinds = rng.sample(sorted(told.starts), rng.choice((1, 2)))
        starts = [rng.choice(told.starts[kind]) for kind in kinds for _ in range(rng.choice((1, 12)))]
        names = {one.id: one.kind for one in starts}
        for viewer in (OWNER, SOMEBODY):

            async def walks(viewer: Viewer, *, nodes: bool) -> dict[str, Answer]:
                return await answers.walks(
                    told.graph,
                    viewer,
                    "k",
                    names,
                    question,
                    now,
                    limit,
                    nodes=nodes,
                    window=window,
                )

            found = told.portal.call(partial(walks, viewer, nodes=False))
            as_ever = told.portal.call(partial(walks, viewer, nodes=True))
            for start in starts:
                where = (start.id, question, at, viewer.name, limit)
                assert said(found[start.id]) == said(as_ever[start.id]), where
                assert found[start.id].completeness == as_ever[start.id].completeness, where
                by_assets += isinstance(found[start.id].walk.reached.nodes, Whole)
                if limit == ENOUGH and (viewer is OWNER or start.project in (None, SEEN)):
                    oracle = expected(told.home[start.id], start.id, question, at, sees_all=viewer.admin)
                    assert said(found[start.id]) == wanted(oracle), where

    check()
    assert by_assets > 10
