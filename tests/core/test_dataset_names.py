"""Full names of tables, and the two parts by which OpenLineage knows them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from begat.core.dataset_names import dataset, full_name


@pytest.mark.parametrize(
    ("namespace", "name", "full"),
    [
        ("local", "bank.questions", "local.bank.questions"),
        ("local", "local.bank.questions", "local.bank.questions"),
        ("main", "mainly.one", "main.mainly.one"),
        ("postgres://db:5432", "shop.public.orders", "postgres://db:5432/shop.public.orders"),
        ("s3://bucket", "/raw/2026.csv", "s3://bucket/raw/2026.csv"),
        ("s3://bucket/", "raw/2026.csv", "s3://bucket/raw/2026.csv"),
        ("file://", "/tmp/x.csv", "file:///tmp/x.csv"),  # noqa: S108 - a name, not a file
    ],
)
def test_a_dataset_has_one_full_name(namespace: str, name: str, full: str) -> None:
    assert full_name(namespace, name) == full


@given(st.text("ab./:s3", min_size=1, max_size=20) | st.from_regex(r"[a-z0-9]{1,3}://[ab./:]{0,9}", fullmatch=True))
def test_what_a_table_is_called_elsewhere_names_it_again(full: str) -> None:
    assert full_name(*dataset(full)) == full
