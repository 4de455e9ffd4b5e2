"""What names a label: its key has no two readings, and its name is one line whatever the item is."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from begat.core.errors import Problem
from begat.core.text import check_name
from begat.kinds.canonical_label import rules

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=60)


def accepted(item: str, label_type: str) -> tuple[str, str] | None:
    try:
        return rules.check_item_ref(item), rules.check_label_type(label_type)
    except Problem:
        return None


BARS = st.text("ab| ", min_size=1, max_size=5)


@given(BARS, BARS, BARS, BARS)
def test_two_labels_have_one_key_only_where_they_are_one(item: str, type: str, item2: str, type2: str) -> None:
    one, other = accepted(item, type), accepted(item2, type2)
    if one and other:
        same = rules.key_of("sheet_1", *one) == rules.key_of("sheet_1", *other)
        assert same == (one == other)


@given(TEXT, TEXT)
def test_a_label_has_a_name_that_any_asset_may_have(item: str, label_type: str) -> None:
    if found := accepted(item, label_type):
        name = rules.name_of(found[1], found[0])
        assert check_name(name) == name


@given(st.lists(st.sampled_from(["TRAINING", "VALIDATION", "EVALUATION", "FEW_SHOT"])))
def test_equal_sets_of_uses_are_stored_alike(uses: list[str]) -> None:
    assert rules.ordered_uses(uses) == rules.ordered_uses(list(reversed(uses)))
    assert set(rules.ordered_uses(uses)) == set(uses)
