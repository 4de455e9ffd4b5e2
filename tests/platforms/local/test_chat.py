"""What only the OpenAI-compatible client does."""

from __future__ import annotations

import logging
import socket
import threading
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from tests.platforms.local.chat_server import answer, reply, serving

from begat.core.errors import Code, Problem
from begat.platforms.local import chat as module
from begat.platforms.local.chat import OpenAIChat
from begat.platforms.local.retry_after import retry_after

KEY = "sk-throwaway-7f3a"


def test_the_key_is_sent_as_a_bearer_token_and_logged_nowhere(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with serving(reply(500, {"error": KEY}), answer()) as server:
        chat = OpenAIChat(server.url + "/", KEY)
        with pytest.raises(Problem):
            chat.complete("small", None, "x")
        chat.complete("small", None, "x")
        chat.close()
    assert [asked.headers["Authorization"] for asked in server.asked] == [f"Bearer {KEY}"] * 2
    assert {asked.path for asked in server.asked} == {"/v1/chat/completions"}
    assert caplog.records
    assert KEY not in caplog.text
    assert KEY not in repr(chat)


def test_without_a_key_none_is_sent() -> None:
    with serving(answer()) as server:
        chat = OpenAIChat(server.url)
        chat.complete("small", None, "x")
        chat.close()
    assert "Authorization" not in server.asked[0].headers


def test_a_key_is_not_carried_to_where_a_service_redirects() -> None:
    with serving(answer()) as elsewhere, serving(reply(307, {}, Location=elsewhere.url)) as server:
        chat = OpenAIChat(server.url, KEY)
        with pytest.raises(Problem) as refused:
            chat.complete("small", None, "x")
        chat.close()
    assert refused.value.code is Code.PLATFORM
    assert elsewhere.asked == []


def test_an_address_where_nobody_listens_is_unavailable() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: nobody else can be there either
        chat = OpenAIChat(f"http://127.0.0.1:{taken.getsockname()[1]}/v1", KEY)
        with pytest.raises(Problem) as refused:
            chat.complete("small", None, "x")
        chat.close()
    assert refused.value.code is Code.UNAVAILABLE
    assert "127.0.0.1" in refused.value.message


def test_an_endless_answer_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_ANSWER", 1_000)
    with serving(answer("x" * 2_000)) as server:
        chat = OpenAIChat(server.url)
        with pytest.raises(Problem, match="more than 1000 bytes") as refused:
            chat.complete("small", None, "x")
        chat.close()
    assert refused.value.code is Code.PLATFORM


def test_a_service_that_is_starting_is_asked_again() -> None:
    with serving(reply(503, {}, Retry_After="0"), answer("up")) as server:
        chat = OpenAIChat(server.url)
        assert chat.complete("small", None, "x").text == "up"
        chat.close()


def test_threads_share_one_client() -> None:
    texts: list[str] = []
    with serving(answer()) as server:
        chat = OpenAIChat(server.url)
        threads = [
            threading.Thread(target=lambda: texts.append(chat.complete("small", None, "x").text)) for _ in range(16)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        chat.close()
    assert texts == ["card_arrival"] * 16


@pytest.mark.parametrize(
    "url",
    [
        "",
        "localhost:8000",
        "ftp://h/v1",
        "http://",
        "file:///etc/passwd",
        f"http://u:{KEY}@h/v1",
        f"http://h/v1?key={KEY}",
    ],
)
def test_an_address_that_is_none_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(Problem) as refused:
        OpenAIChat(url)
    assert refused.value.code is Code.BAD_INPUT
    assert KEY not in f"{refused.value.message} {refused.value.hint}"


@pytest.mark.parametrize("key", ["", " ", f"{KEY}\n", f"{KEY}é"])
def test_a_key_that_no_header_may_hold_is_refused_without_repeating_it(key: str) -> None:
    with pytest.raises(Problem) as refused:
        OpenAIChat("http://127.0.0.1/v1", key)
    assert refused.value.code is Code.BAD_INPUT
    assert KEY not in refused.value.message


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("2", 2), ("0", 0), ("1.5", 1.5), ("-3", 9), ("nan", 9), ("inf", 9), ("soon", 9), ("", 9), (None, 9),
     ("Mon, 01 Jan 2001 00:00:00 GMT", 0), ("Mon, 01 Jan 2001 00:00:00 -0000", 0),
     ("Mon, 01 Jan 99999999999 00:00:00 GMT", 9)],
)  # fmt: skip
def test_how_long_to_wait_is_read_in_both_forms(value: str | None, seconds: float) -> None:
    assert retry_after(value, otherwise=9) == seconds


def test_a_date_to_come_back_at_is_seconds_from_now() -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    assert 55 < retry_after(date, otherwise=9) <= 60
