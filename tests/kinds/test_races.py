"""Races of clients over HTTP: one wins or all do, as it was asked, and nothing is made twice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from tests.api_client import Client
from tests.kinds.test_sheet import make

CLIENTS = 8
ROUNDS = 50


def together(calls: list[Any]) -> list[Any]:
    """Runs the calls at once; their answers in order."""
    with ThreadPoolExecutor(len(calls)) as pool:
        return [future.result() for future in [pool.submit(call) for call in calls]]


def test_of_eight_clients_that_expect_one_revision_one_succeeds_and_seven_see_the_current_state(api: Client) -> None:
    id, revision = make(api)["id"], 1
    for round in range(ROUNDS):
        answers = together(
            [
                partial(api.run, "SheetUpdate", id=id, input={"name": f"{round}-{i}"}, rev=revision)
                for i in range(CLIENTS)
            ]
        )
        won = [answer for answer in answers if not answer["errors"]]
        assert len(won) == 1
        lost = [answer for answer in answers if answer["errors"]]
        assert {answer["errors"][0]["code"] for answer in lost} == {"CONFLICT"}
        assert {answer["node"]["name"] for answer in lost} == {won[0]["node"]["name"]}
        revision += 1
        assert {answer["node"]["revision"] for answer in answers} == {revision}


def test_eight_clients_that_expect_none_all_succeed_in_order(api: Client) -> None:
    id = make(api)["id"]
    for round in range(ROUNDS):
        answers = together(
            [partial(api.done, "SheetUpdate", id=id, input={"name": f"{round}-{i}"}) for i in range(CLIENTS)]
        )
        assert len(answers) == CLIENTS
    history = api.run("History", id=id, first=1000)["history"]
    assert history["totalCount"] == ROUNDS * CLIENTS + 1
    numbers = [entry["revision"] for entry in history["nodes"]]
    assert numbers == list(range(ROUNDS * CLIENTS + 1, 0, -1))


def test_one_create_sent_eight_times_at_once_with_one_key_makes_one_asset(api: Client) -> None:
    table = api.table("questions", "text\nhello\n")
    for round in range(ROUNDS):
        wanted = {"name": f"sheet {round}", "table": table, "idempotencyKey": f"k{round}"}
        answers = together([lambda: api.done("SheetCreate", input=wanted) for _ in range(CLIENTS)])  # noqa: B023 - awaited in the round
        assert len({answer["node"]["id"] for answer in answers}) == 1
    assert api.run("Assets", where={"kinds": ["SHEET"]}, first=0)["totalCount"] == ROUNDS


def test_two_people_who_add_one_table_get_one_node(api: Client) -> None:
    for round in range(10):
        table = api.table(f"t{round}", "text\nhello\n")
        together(
            [lambda i=i: api.done("SheetCreate", input={"name": f"s{i}", "table": table}) for i in range(4)]  # noqa: B023
        )
    assert api.run("Assets", where={"kinds": ["SOURCE_TABLE"]}, first=0)["totalCount"] == 10
