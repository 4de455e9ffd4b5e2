"""Generation by a model: a real begat of its own, a real chat service, and both stopped in the middle."""

from __future__ import annotations

import contextlib
import hashlib
import signal
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests import begat_process
from tests.api_client import Client
from tests.kinds import generated as given
from tests.platforms.local import chat_server
from tests.platforms.local.chat_server import ChatServer, answer, reply

BATCH = 16
"""How many answered pairs are kept at a time."""
ROWS = 40
CANCEL = "mutation($ids: [ID!]) { trainingSheetCancel(ids: $ids) { outcomes { statusAfter } errors { message } } }"
PROGRESS = "query($id: ID!) { trainingSheet(id: $id) { statusName progress { done } } }"

Step = Callable[[BaseHTTPRequestHandler], None]


@contextlib.contextmanager
def begat(home: Path, chat: ChatServer) -> Iterator[tuple[begat_process.Begat, Client]]:
    """A begat whose chat service this is."""
    with begat_process.serving(home, BEGAT_CHAT_URL=chat.url) as process:
        process.wait_ready()
        with httpx.Client(base_url=process.address, timeout=60) as http:
            yield process, Client(http, home, home / "tables")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ChatServer, Client]]:
    """One begat for the tests that stop nothing."""
    with (
        chat_server.serving(answer()) as chat,
        begat(tmp_path_factory.mktemp("chat") / "home", chat) as (_, client),
    ):
        yield chat, client


def chatting(api: Client, name: str, count: int, **more: Any) -> str:
    """A training sheet that a model answers; its generation has begun."""
    sheet, template = given.sheet(api, given.rows(count), name), given.template(api, system="Be brief.")
    chat = {"model": "small", "parameters": {"temperature": 0}, **more}
    id = given.create(api, sheet, template, answer={"chat": chat}, name=name)
    api.done("TrainingSheetGenerate", ids=[id])
    return id


def after(count: int, first: Step, then: Step, chat: ChatServer) -> None:
    """From now on so many requests are answered by ``first``, the others by ``then``."""
    chat.asked.clear()
    chat.script[:] = [first] * count + [then]


def held(gate: threading.Event, chat: ChatServer) -> Step:
    """A step that answers when the gate is opened."""

    def step(handler: BaseHTTPRequestHandler) -> None:
        while not gate.wait(0.02) and not chat.stopping.is_set():
            pass
        answer("late")(handler)

    return step


def test_a_model_answers_what_no_label_does_and_lineage_knows_it(served: tuple[ChatServer, Client]) -> None:
    chat, api = served
    after(0, answer(), answer("card"), chat)
    sheet, template = given.sheet(api, given.rows(3), "labelled"), given.template(api, system="Be brief.")
    labels = {"format": "CSV", "text": "itemRef,value\nr2,fee\n", "sheetId": sheet, "labelType": "intent"}
    api.done("LabelImport", input=labels)
    id = given.create(api, sheet, template, answer={"chat": {"model": "small", "parameters": {"temperature": 0.5}}})
    api.done("TrainingSheetGenerate", ids=[id])
    assert given.finished(api, id)["statusName"] == "IN_REVIEW"
    assert [(one["answer"], one["source"]) for one in given.pairs(api, id)] == [
        ("card", "GENERATED"),
        ("fee", "LABEL"),
        ("card", "GENERATED"),
    ]
    sent = [request.body for request in chat.asked]
    assert len(sent) == 2
    assert {body["model"] for body in sent} == {"small"}
    assert {body["temperature"] for body in sent} == {0.5}
    assert sent[0]["messages"][0] == {"role": "system", "content": "Be brief."}
    generation = api.run("TrainingSheet", id=id)["generations"]["nodes"][0]
    assert (generation["method"], generation["tokens"], generation["cost"]) == ("CHAT", 30, None)
    model = generation["modelVersion"]["id"]
    assert model.startswith("mver_")
    again = chatting(api, "again", 1)
    assert given.finished(api, again)["statusName"] == "IN_REVIEW"
    assert api.run("TrainingSheet", id=again)["generations"]["nodes"][0]["modelVersion"]["id"] == model


def test_a_row_that_the_service_refuses_fails_alone(served: tuple[ChatServer, Client]) -> None:
    chat, api = served
    after(1, reply(400, {"error": {"message": "too rude"}}), answer("fee"), chat)
    id = chatting(api, "refused", 3)
    assert given.finished(api, id)["statusName"] == "IN_REVIEW"
    statuses = sorted(one["statusName"] for one in given.pairs(api, id))
    assert statuses == ["FAILED", "PENDING", "PENDING"]
    query = "query($where: QaPairFilter) { qaPairs(where: $where) { nodes { failure { code message } answer } } }"
    failed = api.ask(query, where={"trainingSheetId": id, "status": "FAILED"})["qaPairs"]["nodes"]
    assert (failed[0]["failure"]["code"], failed[0]["answer"]) == ("PLATFORM", None)


def test_a_generation_that_made_nothing_yet_is_canceled_to_a_draft(served: tuple[ChatServer, Client]) -> None:
    chat, api = served
    gate = threading.Event()
    after(0, answer(), held(gate, chat), chat)
    id = chatting(api, "early", 3)
    begat_process.until(lambda: len(chat.asked) == 3, "the model is asked")
    assert api.ask(CANCEL, ids=[id])["trainingSheetCancel"]["outcomes"] == [{"statusAfter": "DRAFT"}]
    gate.set()
    api.done("TrainingSheetGenerate", ids=[id])
    assert given.finished(api, id)["progress"] == {"done": 3, "total": 3}
    assert [one["position"] for one in given.pairs(api, id)] == [1, 2, 3]
    assert [one["id"] for one in api.run("TrainingSheet", id=id)["generations"]["nodes"]] == [f"{id}:g2"]


def test_a_canceled_generation_keeps_what_it_made(served: tuple[ChatServer, Client]) -> None:
    chat, api = served
    gate = threading.Event()
    after(BATCH, answer("early"), held(gate, chat), chat)
    id = chatting(api, "late", ROWS)
    api.wait(PROGRESS, lambda data: data["trainingSheet"]["progress"]["done"] == BATCH, id=id)
    begat_process.until(lambda: len(chat.asked) > BATCH, "the model is asked for more")
    assert api.ask(CANCEL, ids=[id])["trainingSheetCancel"]["outcomes"] == [{"statusAfter": "IN_REVIEW"}]
    gate.set()
    other = chatting(api, "next", 1)
    assert given.finished(api, other)["statusName"] == "IN_REVIEW"
    shown = api.run("TrainingSheet", id=id, first=1000)
    assert {one["answer"] for one in shown["pairs"]["nodes"]} == {"early"}
    assert shown["pairs"]["totalCount"] == shown["generations"]["nodes"][0]["rows"] == BATCH
    api.done("Approve", ids=[one["id"] for one in shown["pairs"]["nodes"]])
    api.done("TrainingSheetApprove", ids=[id])


def test_a_generation_goes_on_after_kill_9_and_loses_and_doubles_nothing(tmp_path: Path) -> None:
    gate = threading.Event()
    with chat_server.serving(answer()) as chat:
        after(BATCH, answer("early"), held(gate, chat), chat)
        with begat(tmp_path / "home", chat) as (process, api):
            id = chatting(api, "killed", ROWS)
            api.wait(PROGRESS, lambda data: data["trainingSheet"]["progress"]["done"] == BATCH, id=id)
            before = given.pairs(api, id)
            assert process.end(signal.SIGKILL) == -signal.SIGKILL
        gate.set()
        with begat(tmp_path / "home", chat) as (_, api):
            assert given.finished(api, id)["progress"] == {"done": ROWS, "total": ROWS}
            pairs = given.pairs(api, id)
            assert pairs[:BATCH] == before
            assert [one["position"] for one in pairs] == list(range(1, ROWS + 1))
            assert [one["itemRef"] for one in pairs] == [f"r{n}" for n in range(1, ROWS + 1)]
            assert len(api.run("TrainingSheet", id=id)["generations"]["nodes"]) == 1


def test_a_generation_over_a_table_that_changed_meanwhile_begins_anew(tmp_path: Path) -> None:
    gate = threading.Event()
    with chat_server.serving(answer()) as chat:
        after(BATCH, answer("early"), held(gate, chat), chat)
        with begat(tmp_path / "home", chat) as (process, api):
            id = chatting(api, "changed", ROWS)
            api.wait(PROGRESS, lambda data: data["trainingSheet"]["progress"]["done"] == BATCH, id=id)
            process.end(signal.SIGKILL)
        gate.set()
        api.table("changed", "id,text,intent\nz,Another question?,card\n")
        with begat(tmp_path / "home", chat) as (_, api):
            assert given.finished(api, id)["progress"] == {"done": 1, "total": 1}
            assert [(one["itemRef"], one["answer"]) for one in given.pairs(api, id)] == [("z", "late")]
            generations = api.ask(
                "query($id: ID!) { trainingSheet(id: $id) { generations { nodes { id rows sha256 } } } }", id=id
            )["trainingSheet"]["generations"]["nodes"]
            content = (tmp_path / "home" / "tables" / "test" / "changed.csv").read_bytes()
            assert generations == [{"id": f"{id}:g2", "rows": 1, "sha256": hashlib.sha256(content).hexdigest()}]
