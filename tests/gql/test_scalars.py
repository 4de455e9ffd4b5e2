"""Scalars as callers write them."""

from __future__ import annotations

import pytest

from begat.gql.scalars import SCALARS, DateTime


@pytest.mark.parametrize("text", ["2026-12-01", "2026-12-01T10:00:00", "tomorrow"])
def test_a_time_that_is_none_is_refused_with_the_way_to_write_one(text: str) -> None:
    parse = SCALARS[DateTime].parse_value
    assert parse is not None
    with pytest.raises(ValueError, match="2026-") as refused:
        parse(text)
    assert refused.value.args[0].count(".") >= 2, "what is wrong, and what to do"
