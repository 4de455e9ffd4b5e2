"""The README's queries work when they are pasted: each fits the schema."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from graphql import parse, validate

from begat.api.schema import build

README = (Path(__file__).parents[1] / "README.md").read_text("utf-8")
BLOCKS = re.findall(r"```graphql\n(.*?)```", README, re.DOTALL)


@pytest.mark.parametrize("query", BLOCKS, ids=lambda query: re.sub(r"\W+", " ", query).strip()[:40])
def test_a_query_of_the_readme_fits_the_schema(query: str) -> None:
    assert validate(build()._schema, parse(query)) == []


def test_the_readme_opens_with_what_begat_is_for_and_two_commands() -> None:
    opening = README[: README.index("## ")]
    assert "begat demo" in opening
    assert "python -m pytest" in opening
    assert len(BLOCKS) >= 10
