"""What every ``Webhooks`` does, towards receivers that behave badly."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from tests.receiver import receiving

from begat.core.errors import Code, Problem
from begat.platforms.local import webhooks
from begat.platforms.local.webhooks import HttpWebhooks
from begat.platforms.ports import Webhooks

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["http"])
def make() -> Callable[..., Webhooks]:
    return HttpWebhooks


@contextlib.asynccontextmanager
async def raw(answer: bytes, seconds: float = 0) -> AsyncIterator[tuple[str, list[bytes]]]:
    """A server that sends these bytes to whoever connects, and keeps what it was sent."""
    got: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ends.append(ended := asyncio.Event())
        with contextlib.suppress(ConnectionError):
            got.append(await reader.read(65_536))
            for _ in range(2_000 if seconds else 1):
                writer.write(answer)
                await writer.drain()
                await asyncio.sleep(seconds)
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
        ended.set()

    ends: list[asyncio.Event] = []
    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook", got
    finally:
        server.close()
        for ended in ends:  # whoever called has gone: the next write fails
            await asyncio.wait_for(ended.wait(), 5)


async def refusal(hooks: Webhooks, url: str) -> Problem:
    with pytest.raises(Problem) as refused:
        await hooks.post(url, {}, "{}")
    return refused.value


async def test_it_sends_the_body_and_the_headers_and_tells_the_status(make: Callable[..., Webhooks]) -> None:
    with receiving(204, 302, 500) as receiver:
        hooks = make(private=True)
        url = f"{receiver.url}/hook?a=1%20b"
        assert await hooks.post(url, {"webhook-id": "delivery_1"}, '{"ü": 1}') == 204
        assert await hooks.post(url, {}, "{}") == 302  # and goes nowhere from there
        assert await hooks.post(url, {}, "{}") == 500
    assert len(receiver.got) == 3
    first = receiver.got[0]
    assert (first.path, first.body) == ("/hook?a=1%20b", '{"ü": 1}'.encode())
    assert first.headers["webhook-id"] == "delivery_1"
    assert first.headers["content-type"] == "application/json"
    assert first.headers["host"] == receiver.url.removeprefix("http://")


async def test_it_calls_no_private_address_also_not_by_a_name(
    make: Callable[..., Webhooks], monkeypatch: pytest.MonkeyPatch
) -> None:
    with receiving() as receiver:
        port = int(receiver.url.rpartition(":")[2])

        def look_up(*answers: str) -> None:
            found: list[Any] = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in answers]
            monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)

        hooks = make(private=False)
        assert (await refusal(hooks, receiver.url)).code is Code.BAD_INPUT
        for answers in (("127.0.0.1",), ("8.8.8.8", "127.0.0.1"), ("169.254.169.254",)):
            look_up(*answers)
            problem = await refusal(hooks, f"http://hooks.example.org:{port}/")
            assert problem.code is Code.BAD_INPUT
            assert not any(one in problem.message for one in answers)
        # The name is looked up once, and just that address is called, under the name.
        look_up("127.0.0.1")
        assert await make(private=True).post(f"http://hooks.example.org:{port}/x", {}, "{}") == 200
    assert [one.headers["host"] for one in receiver.got] == [f"hooks.example.org:{port}"]


async def test_what_does_not_answer_in_time_or_in_http_is_unavailable(
    make: Callable[..., Webhooks], monkeypatch: pytest.MonkeyPatch
) -> None:
    hooks = make(private=True)
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{closed.getsockname()[1]}/"
    assert (await refusal(hooks, nobody)).code is Code.UNAVAILABLE
    async with raw(b"SSH-2.0-OpenSSH_9.6\r\n") as (url, _):
        assert (await refusal(hooks, url)).code is Code.UNAVAILABLE
    async with raw(b"") as (url, _):
        assert (await refusal(hooks, url.replace("http://", "https://"))).code is Code.UNAVAILABLE
    monkeypatch.setattr(webhooks, "SECONDS", 0.3)
    start = time.monotonic()
    async with raw(b"x", seconds=0.02) as (url, _):
        assert (await refusal(hooks, url)).code is Code.UNAVAILABLE
    assert time.monotonic() - start < 3


async def test_an_answer_without_an_end_is_not_read(make: Callable[..., Webhooks]) -> None:
    endless = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"ffff\r\n" + b"x" * 65_535 + b"\r\n"
    async with raw(endless, seconds=0.001) as (url, _):
        start = time.monotonic()
        assert await make(private=True).post(url, {}, "{}") == 200
        assert time.monotonic() - start < 3
