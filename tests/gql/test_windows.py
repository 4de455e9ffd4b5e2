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


def test_what_is_unsaid_is_the_day_before_now() -> None:
    assert window(None, "2026-03-02T00:00:00.000Z").since == "2026-03-01T00:00:00.000Z"
