"""Exports in GraphQL: who asks for too much is told an address that answers the same question."""

from __future__ import annotations

import dataclasses

from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import QueryParams

from begat.api.export import read
from begat.gql.completeness import HitKind
from begat.gql.export import address
from begat.gql.hits import LineageRelation
from begat.gql.lineage import LineageFilter, question
from begat.gql.scalars import DateTime
from begat.lineage.export.formats import Format
from begat.lineage.question import Deleted, Direction, Level, Versions

KINDS = [HitKind.SHEET, HitKind.MODEL_VERSION, HitKind.SOURCE_TABLE]
FILTERS = st.builds(
    LineageFilter,
    level=st.none() | st.sampled_from(Level),
    versions=st.none() | st.sampled_from(Versions),
    as_of=st.none() | st.just(DateTime("2026-11-24T07:35:28.123Z")),
    kinds=st.none() | st.lists(st.sampled_from(KINDS), min_size=1),
    relations=st.none() | st.lists(st.sampled_from([LineageRelation.READS, LineageRelation.SERVES]), min_size=1),
    stop_at=st.none() | st.lists(st.sampled_from(KINDS), min_size=1),
    deleted=st.none() | st.sampled_from(Deleted),
    rows=st.none() | st.booleans(),
)


@given(st.sampled_from(Direction), st.integers(1, 99), st.sampled_from(Format), st.none() | FILTERS)
def test_the_address_asks_what_was_asked(
    direction: Direction, depth: int, format: Format, filter: LineageFilter | None
) -> None:
    asked = question(direction, depth, filter)
    path, _, query = address("sheet_ü&x", asked, format, filter).partition("?")
    found = read(QueryParams(query))
    assert (path, found.id, found.format) == ("/lineage/export", "sheet_ü&x", format)
    assert dataclasses.asdict(found.question) == dataclasses.asdict(asked)
    assert found.as_of == (filter.as_of if filter else None)
