"""Generation by a model: a real begat of its own, a real chat service, and both stopped in the middle."""

from __future__ import annotations

import contextlib
import hashlib
import signal
import stat
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests import begat_process
from tests.api_client import Client
from tests.kinds import generated as given
from tests.listening import BRIEF
from tests.platforms.local import chat_server
from tests.platforms.local.chat_server import ChatServer, answer, by_prompt, reply

BATCH = 16
"""How many answered pairs are kept at a time."""
ROWS = 40
CANCEL = "mutation($ids: [ID!]) { trainingSheetCancel(ids: $ids) { outcomes { statusAfter } errors { message } } }"
PROGRESS = "query($id: ID!) { trainingSheet(id: $id) { statusName progress { done } } }"

REGENERATE = """mutation($where: QaPairFilter, $count: Int) {
  qaPairRegenerate(where: $where, expectedCount: $count) { nodes { statusName } errors { message } }
}"""
REGENERATE_IDS = "mutation($ids: [ID!]) { qaPairRegenerate(ids: $ids) { changed errors { message } } }"

Step = Callable[[BaseHTTPRequestHandler], None]


@contextlib.contextmanager
def begat(home: Path, chat: ChatServer) -> Iterator[tuple[begat_process.Begat, Client]]:
    """A begat whose chat service this is."""
    with begat_process.serving(home, BEGAT_CHAT_URL=chat.url) as process:
        process.wait_ready()
        with httpx.Client(base_url=process.address, timeout=60, limits=BRIEF) as http:
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


def prompts(chat: ChatServer) -> list[str]:
    """What was asked, in order."""
    return [one.body["messages"][-1]["content"] for one in chat.asked]


def broken_off(handler: BaseHTTPRequestHandler) -> None:
    """A step whose answer ends in the middle."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"choices": [{"message"')
    handler.close_connection = True


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
    name = "query($id: ID!) { modelVersion(id: $id) { model { id } } }"
    named = api.ask(name, id=model)["modelVersion"]["model"]["id"]
    api.done("Trash", ids=[named], token=api.run("Trash", ids=[named], dryRun=True)["token"])
    input = {"name": "x", "sheetId": sheet, "templateId": template, "answer": {"chat": {"model": "small"}}}
    assert api.refused("TrainingSheetCreate", input=input)[0]["code"] == "GUARD_FAILED"
    api.done("Restore", ids=[named])


def test_a_row_that_the_service_refuses_fails_alone(served: tuple[ChatServer, Client]) -> None:
    chat, api = served
    after(1, reply(400, {"error": {"message": "too rude"}}), answer("fee"), chat)
    id = chatting(api, "refused", 3)
    assert given.finished(api, id)["statusName"] == "IN_REVIEW"
    statuses = sorted(one["statusName"] for one in given.pairs(api, id))
    assert statuses == ["FAILED", "PENDING", "PENDING"]
    failed = given.failed(api, id)
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


def test_the_journal_of_a_regeneration_outlives_a_run_that_was_canceled_before_it(
    served: tuple[ChatServer, Client],
) -> None:
    chat, api = served
    run, act = threading.Event(), threading.Event()

    def made(prompt: str) -> bool:
        return int(prompt.split()[2].rstrip("?")) <= BATCH

    after(BATCH, answer("early"), by_prompt(lambda prompt: held(act if made(prompt) else run, chat)), chat)
    id = chatting(api, "both", ROWS)
    api.wait(PROGRESS, lambda data: data["trainingSheet"]["progress"]["done"] == BATCH, id=id)
    begat_process.until(lambda: len(chat.asked) > BATCH, "the model is asked for more")
    api.ask(CANCEL, ids=[id])
    (first, *_) = given.pairs(api, id)
    assert api.ask(REGENERATE_IDS, ids=[first["id"]])["qaPairRegenerate"]["changed"] == 1
    begat_process.until(lambda: any(map(made, prompts(chat)[BATCH:])), "the first row is asked anew")
    run.set()
    tokens = "query($id: ID!) { trainingSheet(id: $id) { generations { nodes { id tokens } } } }"

    def accounted(data: dict[str, Any]) -> bool:
        held = {one["id"]: one["tokens"] for one in data["trainingSheet"]["generations"]["nodes"]}
        return bool(held[f"{id}:g1"] > BATCH * 15)

    api.wait(tokens, accounted, id=id)
    other = chatting(api, "meanwhile", 1, model="other")  # it is served after the end of the canceled run
    begat_process.until(lambda: chat.asked[-1].body["model"] == "other", "the next run is served")
    assert list((api.home / "generations" / id).glob("*.jsonl")), "what was asked is known after a crash"
    act.set()
    assert given.finished(api, other)["statusName"] == "IN_REVIEW"
    given.wait_for(api, id, 0, "GENERATING")
    assert given.pairs(api, id)[0]["answer"] == "late"


def test_what_single_rows_meet_costs_these_rows_alone_and_they_are_regenerated(
    served: tuple[ChatServer, Client],
) -> None:
    chat, api = served
    ways = {
        "1": reply(500, {"error": {"message": "fell over"}}),
        "2": answer("card_", "length"),
        "3": reply(200, b'{"choices": [{"mess'),
        "4": reply(429, {"error": {"message": "slow down"}}, Retry_After="3600"),
        "5": broken_off,
    }
    after(0, answer(), by_prompt(lambda prompt: ways.get(prompt.split()[2].rstrip("?"), answer("fee"))), chat)
    limits = {"inputPrice": 2.0, "outputPrice": 10.0, "unit": "EUR"}
    id = chatting(api, "troubles", 12, limits=limits)
    assert given.finished(api, id)["statusName"] == "IN_REVIEW"
    failed = given.failed(api, id)
    assert [(one["position"], one["failure"]["code"]) for one in failed] == [
        (1, "UNAVAILABLE"),
        (2, "PLATFORM"),
        (3, "PLATFORM"),
        (4, "UNAVAILABLE"),
        (5, "UNAVAILABLE"),
    ]
    asked, keys = prompts(chat), {one.headers["Idempotency-Key"] for one in chat.asked}
    assert (len(asked), len(set(asked)), len(keys)) == (12, 12, 12)
    generation = api.run("TrainingSheet", id=id)["generations"]["nodes"][0]
    assert generation["tokens"] == 8 * 15, "what was cut off was paid for, too"
    assert generation["cost"] == {"amount": pytest.approx(8 * (12 * 2 + 3 * 10) / 1e6), "unit": "EUR"}

    after(0, answer(), answer("cash"), chat)
    selected = {"trainingSheetId": id, "status": "FAILED"}
    started = api.ask(REGENERATE, where=selected, count=5)["qaPairRegenerate"]
    assert {node["statusName"] for node in started["nodes"]} == {"GENERATING"}
    given.wait_for(api, id, 0, "GENERATING")
    pairs = given.pairs(api, id)
    assert [one["answer"] for one in pairs] == ["cash"] * 5 + ["fee"] * 7
    assert {one["statusName"] for one in pairs} == {"PENDING"}
    first, second = reversed(api.run("TrainingSheet", id=id)["generations"]["nodes"])
    assert (second["rows"], second["tokens"]) == (5, 5 * 15)
    assert first["id"] == generation["id"]
    assert len(set(prompts(chat))) == 5
    assert not keys & {one.headers["Idempotency-Key"] for one in chat.asked}, "a new act is a new question"


def test_an_address_that_refuses_every_call_ends_the_run_and_what_was_paid_for_is_used_by_the_next(
    served: tuple[ChatServer, Client],
) -> None:
    chat, api = served
    after(BATCH + 4, answer("early"), reply(401, {"error": {"message": "wrong key 7"}}), chat)
    id = chatting(api, "refusing", 100)
    found = given.finished(api, id)
    assert found["statusName"] == "FAILED"
    assert "401" in found["failure"]["message"]
    assert len(chat.asked) < 60, "it gave up after ten in a row"
    paid = set(prompts(chat)[: BATCH + 4])
    after(0, answer(), answer("late"), chat)
    api.done("TrainingSheetGenerate", ids=[id])
    assert given.finished(api, id)["statusName"] == "IN_REVIEW"
    assert not paid & set(prompts(chat))
    pairs = given.pairs(api, id)
    assert Counter(one["answer"] for one in pairs) == {"early": BATCH + 4, "late": 100 - BATCH - 4}
    assert [one["position"] for one in pairs] == list(range(1, 101))


def test_a_service_that_fails_every_call_ends_no_run(served: tuple[ChatServer, Client]) -> None:
    chat, api = served
    after(0, answer(), reply(500, {"error": {"message": "out of order"}}), chat)
    id = chatting(api, "failing", 24)
    assert given.finished(api, id)["statusName"] == "IN_REVIEW"
    failed = given.failed(api, id)
    assert [one["failure"]["code"] for one in failed] == ["UNAVAILABLE"] * 24


def test_a_run_keeps_its_pace_and_its_cap_and_the_rest_can_be_regenerated(served: tuple[ChatServer, Client]) -> None:
    chat, api = served
    after(0, answer(), answer("fee"), chat)
    id = chatting(api, "capped", 30, limits={"maxTokens": 100, "requestsPerMinute": 600})
    assert given.finished(api, id)["statusName"] == "IN_REVIEW"
    assert len(chat.asked) == 7, "seven answers take 105 tokens"
    times = sorted(one.at for one in chat.asked)
    assert times[-1] - times[0] >= 6 * 0.1 - 0.05
    failed = given.failed(api, id)
    assert [one["failure"]["code"] for one in failed] == ["LIMIT"] * 23
    again = [one["id"] for one in failed[:2]]
    api.ask(REGENERATE_IDS, ids=again)
    given.wait_for(api, id, 9, "PENDING")
    assert len(chat.asked) == 9
    wrong = {"chat": {"model": "small", "limits": {"maxCost": 1, "requestsPerMinute": 0, "inputPrice": -1}}}
    input = {"name": "x", "sheetId": "sheet_x", "templateId": "template_x", "answer": wrong}
    paths = [error["path"][-1] for error in api.refused("TrainingSheetCreate", input=input)]
    assert paths == ["requestsPerMinute", "inputPrice", "maxCost", "unit"]


def test_kill_9_loses_no_answer_and_no_question_is_asked_twice(tmp_path: Path) -> None:
    gate = threading.Event()
    with chat_server.serving(answer()) as chat:
        after(BATCH + 5, answer("early"), held(gate, chat), chat)
        with begat(tmp_path / "home", chat) as (process, api):
            id = chatting(api, "killed", ROWS)
            api.wait(PROGRESS, lambda data: data["trainingSheet"]["progress"]["done"] == BATCH, id=id)
            before = given.pairs(api, id)
            begat_process.until(lambda: len(chat.asked) == BATCH + 5 + 8, "eight questions are under way")
            kept = tmp_path / "home" / "generations" / id / "g1.jsonl"
            begat_process.until(lambda: kept.read_text().count('"end"') == BATCH + 5, "what came is on disk")
            assert stat.S_IMODE(kept.stat().st_mode) == 0o600
            assert process.end(signal.SIGKILL) == -signal.SIGKILL
        gate.set()
        with begat(tmp_path / "home", chat) as (_, api):
            assert given.finished(api, id)["progress"] == {"done": ROWS, "total": ROWS}
            pairs = given.pairs(api, id)
            assert pairs[:BATCH] == before
            assert [one["position"] for one in pairs] == list(range(1, ROWS + 1))
            assert [one["itemRef"] for one in pairs] == [f"r{n}" for n in range(1, ROWS + 1)]
            assert Counter(one["answer"] for one in pairs) == {"early": BATCH + 5, None: 8, "late": ROWS - BATCH - 13}
            assert len(api.run("TrainingSheet", id=id)["generations"]["nodes"]) == 1
            failed = given.failed(api, id)
            assert all("may have been billed" in one["failure"]["message"] for one in failed)
            assert len(failed) == 8
            assert len(prompts(chat)) == len(set(prompts(chat))) == ROWS
            api.ask(REGENERATE_IDS, ids=[one["id"] for one in failed])
            given.wait_for(api, id, 0, "FAILED")
            begat_process.until(lambda: not kept.parent.exists(), "the journals are taken away when all is made")


def test_a_generation_over_a_table_that_changed_meanwhile_begins_anew(tmp_path: Path) -> None:
    gate = threading.Event()
    with chat_server.serving(answer()) as chat:
        after(BATCH, answer("early"), held(gate, chat), chat)
        with begat(tmp_path / "home", chat) as (process, api):
            id = chatting(api, "changed", ROWS)
            api.wait(PROGRESS, lambda data: data["trainingSheet"]["progress"]["done"] == BATCH, id=id)
            process.end(signal.SIGKILL)
        gate.set()
        # The loop looks for runs again while the question is under way, and must not begin this one a second time.
        chat.script[:] = [chat_server.slow(1.2, answer("late"))]
        api.table("changed", "id,text,intent\nz,Another question?,card\n")
        with begat(tmp_path / "home", chat) as (_, api):
            assert given.finished(api, id)["progress"] == {"done": 1, "total": 1}
            assert not given.failed(api, id)
            assert [(one["itemRef"], one["answer"]) for one in given.pairs(api, id)] == [("z", "late")]
            generations = api.ask(
                "query($id: ID!) { trainingSheet(id: $id) { generations { nodes { id rows sha256 } } } }", id=id
            )["trainingSheet"]["generations"]["nodes"]
            content = (tmp_path / "home" / "tables" / "test" / "changed.csv").read_bytes()
            assert generations == [{"id": f"{id}:g2", "rows": 1, "sha256": hashlib.sha256(content).hexdigest()}]
