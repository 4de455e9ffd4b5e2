"""Who may raise tasks and decide on suggestions, to whom they may be given, and what a stranger learns: nothing."""

from __future__ import annotations

from typing import Any

from tests.access.conftest import People, project
from tests.api_client import Client
from tests.kinds.answered import Answered, endpoint
from tests.kinds.served import altered
from tests.kinds.test_feedback import submit
from tests.kinds.test_improvement_task import LIST, ONE, UPDATE
from tests.kinds.test_suggestion import ACCEPT, CLUSTERS, DISMISS, SUGGESTIONS

ASSIGN = """mutation($ids: [ID!], $assignee: String) { improvementTaskAssign(ids: $ids, assignee: $assignee) {
  nodes { assignee } outcomes { ok error { code path } } errors { code path } } }"""
OF_FEEDBACK = {"kinds": ["FREQUENT_CORRECTION"]}


def assigned(client: Client, id: str, assignee: str | None) -> Any:
    """Who has the task now, or why it is not given."""
    answer = client.ask(ASSIGN, ids=[id], assignee=assignee)["improvementTaskAssign"]
    (outcome,) = answer["outcomes"]
    return answer["nodes"][0]["assignee"] if outcome["ok"] else (outcome["error"]["code"], outcome["error"]["path"])


def in_project(people: People, home: str) -> Answered:
    """An endpoint with its version in the project."""
    live = endpoint(people.database, home)
    version = live.deployed(100)
    altered(people.database, live.id, project=home)
    statement = "MATCH (v:Version {id: $id}) SET v.project = $home"
    people.graph(lambda graph: graph.execute(statement, id=version, home=home))
    return live


def test_people_of_the_project_improve_and_strangers_see_nothing(people: People, admin: Client) -> None:
    home = project(admin, "a", ed="EDITOR", vera="VIEWER", **{"group:crew": "VIEWER"})
    project(admin, "b", bob="OWNER")
    ed, vera, bob = (people.person(name) for name in ("ed", "vera", "bob"))
    people.token("carl", "crew")
    live = in_project(people, home)
    said = []
    for _ in range(3):
        request = live.asked(["card?"], ["card"])
        said.append(str(submit(ed, requestId=request, correction="lost", rating="NEGATIVE")["id"]))
    input = {"name": "mend", "raisedFrom": [said[0]]}
    assert [error["code"] for error in vera.refused("TaskCreate", input=input)] == ["FORBIDDEN"]
    (error,) = bob.refused("TaskCreate", input=input)
    assert (error["code"], [str(step) for step in error["path"]]) == ("NOT_FOUND", ["input", "raisedFrom", "0"])
    (error,) = ed.refused("TaskCreate", input={**input, "assignee": "bob"})
    assert (error["code"], error["path"]) == ("BAD_INPUT", ["input", "assignee"])
    made = ed.done("TaskCreate", input={**input, "assignee": "vera"})["node"]
    id = made["id"]
    assert (made["project"]["id"], made["assignee"]) == (home, "vera")

    # To those who see the project, by themselves or by a group; to nobody else.
    assert assigned(ed, id, "carl") == "carl"
    assert assigned(ed, id, "root") == "root"
    assert assigned(ed, id, "bob") == ("BAD_INPUT", ["assignee"])
    assert assigned(ed, id, None) is None
    assert assigned(vera, id, "vera")[0] == "FORBIDDEN"
    assert assigned(bob, id, "bob")[0] == "NOT_FOUND"
    (error,) = ed.ask(UPDATE, id=id, input={"assignee": "bob"})["improvementTaskUpdate"]["errors"]
    assert (error["code"], error["path"]) == ("BAD_INPUT", ["input", "assignee"])

    # What is hidden is not there, and counts nowhere.
    assert vera.ask(ONE, id=id)["improvementTask"]["raisedFrom"][0]["id"] == said[0]
    assert bob.ask(ONE, id=id)["improvementTask"] is None
    assert bob.ask(LIST)["improvementTasks"] == {"nodes": [], "totalCount": 0}
    for query, arguments in ((CLUSTERS, {}), (SUGGESTIONS, OF_FEEDBACK)):
        (error,) = bob.send(query, {"id": live.id, **arguments})["errors"]
        assert error["extensions"]["code"] == "NOT_FOUND"
    assert bob.refused("TaskClose", ids=[id], evidence={"reason": "mine"})[0]["code"] == "NOT_FOUND"

    (suggestion,) = vera.ask(SUGGESTIONS, id=live.id, **OF_FEEDBACK)["improvementSuggestions"]["nodes"]
    for query in (ACCEPT, DISMISS):
        for person, code in ((vera, "FORBIDDEN"), (bob, "NOT_FOUND")):
            reason = {"reason": "x"} if query is DISMISS else {}
            answer = next(iter(person.ask(query, key=suggestion["key"], **reason).values()))
            assert (answer["node"], answer["errors"][0]["code"]) == (None, code)
    accepted = ed.ask(ACCEPT, key=suggestion["key"])["improvementSuggestionAccept"]["node"]
    assert {one["id"] for one in accepted["raisedFrom"]} == set(said)
    assert vera.ask(ONE, id=accepted["id"])["improvementTask"]["project"]["id"] == home
    assert bob.ask(ONE, id=accepted["id"])["improvementTask"] is None


def test_a_task_is_raised_from_one_project(people: People, admin: Client) -> None:
    homes = [project(admin, name, ed="EDITOR") for name in ("a", "b")]
    ed = people.person("ed")
    said = []
    for home in homes:
        live = in_project(people, home)
        said.append(submit(ed, requestId=live.asked(["?"], ["card"]), rating="NEGATIVE")["id"])
    (error,) = ed.refused("TaskCreate", input={"name": "x", "raisedFrom": said})
    assert (error["code"], error["path"]) == ("BAD_INPUT", ["input", "raisedFrom"])
    assert ed.done("TaskCreate", input={"name": "x", "raisedFrom": said[1:], "projectId": homes[1]})["node"]
