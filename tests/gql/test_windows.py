"""Windows of time as callers name them."""

from __future__ import annotations

import pytest

from begat.core.errors import Code, Problem
from begat.gql.windows import window


@pytest.mark.parametrize(
    ("since", "until", "code", "path"),
    [
        (None, "0001-01-01T00:00:00.000Z", Code.BAD_INPUT, ("until",)),
        ("2026-03-01T00:00:00.000Z", "2026-03-01T00:00:00.000Z", Code.BAD_INPUT, ("since",)),
        ("0001-01-01T00:00:00.000Z", None, Code.LIMIT, ("since",)),
    ],
)
def test_a_window_that_cannot_be_meant_is_refused(
    since: str | None, until: str | None, code: Code, path: tuple[str, ...]
) -> None:
    with pytest.raises(Problem) as refused:
        window(since, until)
    assert (refused.value.code, refused.value.path) == (code, path)


@pytest.mark.parametrize(("until", "end"), [(None, "until, which is now."), ("2026-03-01T00:00:00.000Z", "until.")])
def test_an_end_is_called_now_only_where_it_is(until: str | None, end: str) -> None:
    with pytest.raises(Problem) as refused:
        window("9000-01-01T00:00:00.000Z", until)
    assert (refused.value.hint or "").endswith(end)


def test_what_is_unsaid_is_the_day_before_now() -> None:
    assert window(None, "2026-03-02T00:00:00.000Z").since == "2026-03-01T00:00:00.000Z"
