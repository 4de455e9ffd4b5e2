"""What a plan's token says of what depends on an asset."""

from __future__ import annotations

import random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from begat.core import ids
from begat.core.plan import digest, read, sign

USERS = st.lists(st.tuples(st.text(), st.integers(), st.none() | st.text()).map(list), unique_by=repr)


@given(USERS, USERS, st.randoms(use_true_random=False))
def test_the_order_in_which_users_were_found_changes_nothing(
    one: list[Any], other: list[Any], rng: random.Random
) -> None:
    again = [rng.sample(users, len(users)) for users in (one, other)]
    assert digest([["name", one], ["name", other]]) == digest([["name", again[1]], ["name", again[0]]][::-1])


@given(USERS, USERS)
def test_other_users_are_another_impact(one: list[Any], other: list[Any]) -> None:
    same = sorted(one, key=repr) == sorted(other, key=repr)
    assert (digest(["live", one]) == digest(["live", other])) is same


def test_what_is_no_list_of_users_keeps_its_place() -> None:
    assert digest(["live", "done"]) != digest(["done", "live"])


def test_the_token_of_all_that_one_request_may_name_fits_into_another_one() -> None:
    unused = digest(None)
    planned = {ids.new("label"): (number, unused) for number in range(50_000)}
    token = sign("secret", "trash", planned)
    assert len(token) < 1_900_000
    assert read("secret", token, "trash") == planned
