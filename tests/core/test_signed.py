"""Signed texts: whoever did not get one from begat cannot make one."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from begat.core import signed


@given(st.binary(), st.text())
def test_what_is_signed_reads_back(data: bytes, purpose: str) -> None:
    assert signed.read("secret", purpose, signed.sign("secret", purpose, data)) == data


@given(st.text(), st.text())
def test_any_other_text_is_none_of_begats(payload: str, signature: str) -> None:
    assert signed.read("secret", "cursor", f"{payload}.{signature}") is None


@pytest.mark.parametrize("text", ["", ".", "nonsense", "\ud800.\ud800", "ä.ö", "a.b.c"])
def test_what_was_never_signed_reads_as_nothing(text: str) -> None:
    assert signed.read("secret", "cursor", text) is None


def test_a_changed_text_and_one_for_another_purpose_or_secret_read_as_nothing() -> None:
    text = signed.sign("secret", "cursor", b"here")
    signature = text.partition(".")[2]
    forged = base64.urlsafe_b64encode(b"there").decode().rstrip("=")
    assert signed.read("secret", "cursor", f"{forged}.{signature}") is None
    assert signed.read("secret", "plan", text) is None
    assert signed.read("other", "cursor", text) is None
    assert signed.read("secret", "cursor", text[:-1]) is None
