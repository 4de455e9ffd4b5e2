"""What every ``Chat`` does. The service behind it is the tests' own, so that it says what each test needs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from http.server import BaseHTTPRequestHandler

import pytest
from tests.platforms.local.chat_server import ChatServer, answer, reply, serving

from begat.core.errors import Code, Problem
from begat.platforms.local.chat import OpenAIChat
from begat.platforms.ports import Chat, ChatAnswer

KEY = "sk-throwaway-7f3a"
Step = Callable[[BaseHTTPRequestHandler], None]
Open = Callable[..., AbstractContextManager[tuple[Chat, ChatServer]]]


@contextmanager
def _openai(*script: Step) -> Iterator[tuple[Chat, ChatServer]]:
    with serving(*script) as server:
        chat = OpenAIChat(server.url, KEY, timeout=1)
        try:
            yield chat, server
        finally:
            chat.close()


CHATS = {"openai": _openai}


@pytest.fixture(params=CHATS)
def talk(request: pytest.FixtureRequest) -> Open:
    return CHATS[request.param]


def refusal(talk: Open, *script: Step) -> Problem:
    with talk(*script) as (chat, _), pytest.raises(Problem) as refused:
        chat.complete("small", None, "Which intent?")
    assert KEY not in f"{refused.value.message} {refused.value.hint} {refused.value.__cause__!r}"
    assert refused.value.hint
    return refused.value


def test_a_good_answer_says_who_answered_and_what_it_cost(talk: Open) -> None:
    with talk(answer('卡 "arrival"\n')) as (chat, _):
        assert chat.complete("small", "Be brief.", "Which intent?") == ChatAnswer(
            '卡 "arrival"\n', 12, 3, "small-1", "stop"
        )


def test_the_service_is_asked_exactly_what_was_said(talk: Open) -> None:
    with talk(answer()) as (chat, server):
        chat.complete("small", "Be brief.", "Où est\nma carte ?", {"temperature": 0, "max_tokens": 5})
        chat.complete("small", None, "Second")
    assert server.asked[0].body == {
        "model": "small",
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Où est\nma carte ?"}],
        "temperature": 0,
        "max_tokens": 5,
    }
    assert server.asked[1].body["messages"] == [{"role": "user", "content": "Second"}]


@pytest.mark.parametrize("name", ["model", "messages", "stream", "n"])
def test_no_parameter_changes_what_is_asked(talk: Open, name: str) -> None:
    with talk(answer()) as (chat, server), pytest.raises(Problem) as refused:
        chat.complete("small", None, "x", {name: 2})
    assert (refused.value.code, refused.value.path) == (Code.BAD_INPUT, ("parameters", name))
    assert server.asked == []


@pytest.mark.parametrize(("prompt", "value"), [("\ud800", 0), ("x", float("nan"))])
def test_what_json_cannot_say_is_not_asked(talk: Open, prompt: str, value: float) -> None:
    with talk(answer()) as (chat, server), pytest.raises(Problem) as refused:
        chat.complete("small", None, prompt, {"temperature": value})
    assert refused.value.code is Code.BAD_INPUT
    assert server.asked == []


def test_a_busy_service_is_asked_again_when_it_says(talk: Open) -> None:
    with talk(reply(429, {}, Retry_After="1"), answer("late")) as (chat, server):
        assert chat.complete("small", None, "x").text == "late"
    assert len(server.asked) == 2
    assert server.asked[1].at - server.asked[0].at >= 1


def test_a_service_that_stays_busy_is_asked_a_bounded_number_of_times(talk: Open) -> None:
    step = reply(429, {"error": {"message": "slow down"}}, Retry_After="0")
    with talk(step) as (chat, server), pytest.raises(Problem) as refused:
        chat.complete("small", None, "x")
    assert refused.value.code is Code.UNAVAILABLE
    assert "slow down" in refused.value.message
    assert 2 <= len(server.asked) <= 5


def test_who_is_told_to_wait_long_gives_up_at_once(talk: Open) -> None:
    with talk(reply(429, {}, Retry_After="3600")) as (chat, server), pytest.raises(Problem) as refused:
        chat.complete("small", None, "x")
    assert refused.value.code is Code.UNAVAILABLE
    assert "3600 seconds" in refused.value.message
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("status", "code"),
    [(status, Code.UNAVAILABLE) for status in (500, 502, 408)]
    + [(status, Code.PLATFORM) for status in (400, 401, 403, 404, 422, 301, 204)],
)
def test_a_refusal_says_its_status_and_reason_and_never_the_key(talk: Open, status: int, code: Code) -> None:
    body = b"" if status == 204 else {"error": {"message": f"no,\n{KEY} is wrong"}}
    refused = refusal(talk, reply(status, body))
    assert refused.code is code
    assert str(status) in refused.message
    assert status == 204 or "no, *** is wrong" in refused.message


def test_a_key_that_is_cut_with_the_message_is_hidden_whole(talk: Open) -> None:
    refused = refusal(talk, reply(400, {"error": {"message": "x" * 295 + KEY}}))
    assert KEY[:4] not in refused.message


def test_a_service_that_does_not_answer_is_too_slow(talk: Open) -> None:
    with talk() as (chat, server):

        def hang(handler: BaseHTTPRequestHandler) -> None:
            server.stopping.wait(20)

        server.script = [hang]
        with pytest.raises(Problem, match="longer than 1 second") as refused:
            chat.complete("small", None, "x")
        assert refused.value.code is Code.UNAVAILABLE


def test_a_service_that_answers_drop_by_drop_is_too_slow(talk: Open) -> None:
    with talk() as (chat, server):

        def drip(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(200)
            handler.send_header("Content-Length", "1000")
            handler.end_headers()
            while not server.stopping.wait(0.1):
                handler.wfile.write(b" ")

        server.script = [drip]
        with pytest.raises(Problem, match="longer than 1 second") as refused:
            chat.complete("small", None, "x")
        assert refused.value.code is Code.UNAVAILABLE


@pytest.mark.parametrize("begins", [b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"])
def test_headers_and_pauses_count_too(talk: Open, begins: bytes) -> None:
    with talk() as (chat, server):

        def drip(handler: BaseHTTPRequestHandler) -> None:
            handler.close_connection = True
            for part in (begins, *[b" "] * 9):  # were the limit that of each read, this would only end by breaking off
                handler.wfile.write(part)
                if server.stopping.wait(0.6):
                    return

        server.script = [drip]
        with pytest.raises(Problem, match="longer than 1 second"):
            chat.complete("small", None, "x")
        server.script = [answer()]
        assert chat.complete("small", None, "x").text == "card_arrival"


def test_a_connection_that_breaks_in_the_middle_is_no_answer(talk: Open) -> None:
    def half(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.write(b'{"choices": [{"message": {"content": "card_')
        handler.close_connection = True

    assert refusal(talk, half).code is Code.UNAVAILABLE


@pytest.mark.parametrize(
    ("step", "says"),
    [
        (reply(200, b"<html>hello</html>"), "no JSON"),
        (reply(200, b""), "no JSON"),
        (reply(200, b'{"choices": [{"mess'), "no JSON"),
        (reply(200, b"\xff\xfe"), "no JSON"),
        (reply(200, b"[" * 100_000), "no JSON"),
        (reply(200, {}), "choices"),
        (reply(200, []), "choices"),
        (reply(200, {"choices": []}), "choices"),
        (reply(200, {"choices": [None]}), "choices"),
        (reply(200, {"choices": {"0": {}}}), "choices"),
        (reply(200, {"choices": [{"message": "text"}]}), "choices"),
        (reply(200, {"error": {"message": "no"}}), "choices"),
        (answer(None), "content is no text"),
        (answer(["parts"]), "content is no text"),
        (answer("a\0b"), "NUL"),
        (answer("\ud800"), "surrogate"),
        (answer("card_", "length"), "cut off"),
        (answer("", "length"), "cut off"),
        (answer("", "content_filter"), "refused"),
        (reply(200, {"choices": [{"message": {"content": None, "refusal": "I will not"}}]}), "I will not"),
        (reply(200, b"not gzip", Content_Encoding="gzip"), "garbled"),
    ],
)  # fmt: skip
def test_what_is_no_whole_answer_is_refused_and_named(talk: Open, step: Step, says: str) -> None:
    refused = refusal(talk, step)
    assert refused.code is Code.PLATFORM
    assert says in refused.message


@pytest.mark.parametrize(
    "usage", [None, {}, "many", {"prompt_tokens": "12", "completion_tokens": True}, {"prompt_tokens": -1}]
)
def test_tokens_that_are_not_counted_are_unknown(talk: Open, usage: object) -> None:
    with talk(answer(usage=usage, model=None, finish=None)) as (chat, _):
        assert chat.complete("small", None, "x") == ChatAnswer("card_arrival", None, None, "small", "unknown")


def test_an_answer_may_be_empty(talk: Open) -> None:
    with talk(answer("")) as (chat, _):
        assert chat.complete("small", None, "x").text == ""
