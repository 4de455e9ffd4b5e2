"""Roles: each may do what the ones before it may, and no more; what is withdrawn ends with the next request."""

from __future__ import annotations

import threading

import pytest
from tests.access.conftest import People, project, sheet
from tests.api_client import Client

ROLES = ("VIEWER", "REVIEWER", "EDITOR", "OPERATOR", "OWNER")
ASSET = "query($id: ID!) { asset(id: $id) { id name } }"
UPDATE = """mutation($id: ID!, $input: ProjectUpdateInput!) {
  projectUpdate(id: $id, input: $input) { errors { code path } }
}"""


def grant(client: Client, id: str, principal: str, role: str | None) -> list[str]:
    answer = client.run("ProjectGrant", id=id, grants=[{"principal": principal, "role": role}])
    return [error["code"] for error in answer["errors"]]


def codes(client: Client, id: str, project: str) -> dict[str, str]:
    """What each act answers: done, or the code of the refusal."""
    answers = {
        "comment": client.run("Comment", subject=id, text="hm"),
        "update": client.run("SheetUpdate", id=id, input={"description": "x"}),
        "tag": client.run("Tag", ids=[id], add=["t"], remove=[]),
        "publish": client.run("SheetPublish", ids=[id], dryRun=True),
        "create": client.run(
            "SheetCreate", input={"name": "new", "table": "local.test.questions", "projectId": project}
        ),
        "describe": client.ask(UPDATE, id=project, input={"description": "x"})["projectUpdate"],
        "grant": client.run("ProjectGrant", id=project, grants=[{"principal": "carl", "role": "VIEWER"}]),
        "rename": client.ask(UPDATE, id=project, input={"name": "other"})["projectUpdate"],
        "new project": client.run("ProjectCreate", input={"name": "another"}),
    }
    found = {}
    for act, answer in answers.items():
        errors = list(answer["errors"])
        errors += [outcome["error"] for outcome in answer.get("outcomes") or [] if outcome["error"]]
        found[act] = errors[0]["code"] if errors else "done"
    return found


@pytest.mark.parametrize("role", ROLES)
def test_a_role_may_what_it_may_and_no_more(people: People, admin: Client, role: str) -> None:
    id = project(admin, "a", ann=role)
    made = sheet(admin, id)
    held = ROLES.index(role)
    needed = {"comment": 1, "update": 2, "tag": 2, "publish": 2, "create": 2, "describe": 4, "grant": 4, "rename": 9}
    expected = {act: "done" if held >= least else "FORBIDDEN" for act, least in needed.items()}
    ann = people.person("ann")
    assert codes(ann, made, id) == {**expected, "new project": "FORBIDDEN"}
    assert ann.ask(ASSET, id=made)["asset"]["name"] == "questions"


def test_the_highest_of_ones_own_and_ones_groups_roles_counts(people: People, admin: Client) -> None:
    id = project(admin, "a", ann="VIEWER")
    made = sheet(admin, id)
    grant(admin, id, "group:makers", "EDITOR")
    ann, bob = people.person("ann", "makers"), people.person("bob", "makers", "others")
    for client in (ann, bob):
        assert client.run("Me")["projects"] == [{"id": id, "name": "a", "role": "EDITOR"}]
        client.done("Tag", ids=[made], add=[client.run("Me")["name"]], remove=[])
    assert people.person("carl", "others").ask(ASSET, id=made)["asset"] is None


def test_a_withdrawn_right_ends_with_the_next_request(people: People, admin: Client) -> None:
    id = project(admin, "a", ann="EDITOR")
    made = sheet(admin, id)
    ann = people.person("ann")
    ann.done("Tag", ids=[made], add=["one"], remove=[])
    assert grant(admin, id, "ann", "VIEWER") == []
    assert ann.refused("Tag", ids=[made], add=["two"], remove=[])[0]["code"] == "FORBIDDEN"
    assert grant(admin, id, "ann", None) == []
    assert ann.ask(ASSET, id=made)["asset"] is None
    assert ann.run("Me")["projects"] == []
    assert ann.refused("Tag", ids=[made], add=["two"], remove=[])[0]["code"] == "NOT_FOUND"


def test_available_actions_follow_the_role(people: People, admin: Client) -> None:
    id = project(admin, "a", ann="VIEWER")
    made = sheet(admin, id)
    actions = people.person("ann").run("Actions", id=made)["availableActions"]
    assert {action["allowed"] for action in actions} == {False}
    assert {action["blockers"][0]["code"] for action in actions} == {"FORBIDDEN"}
    assert any(action["allowed"] for action in admin.run("Actions", id=made)["availableActions"])


def test_who_answers_for_an_asset_is_somebody_who_sees_it(people: People, admin: Client) -> None:
    id = project(admin, "a", ann="EDITOR", **{"group:crew": "VIEWER"})
    ann, made = people.person("ann"), sheet(admin, id)
    people.token("carl", "crew")
    people.token("bob")
    for name in ("bob", "nobody", "group:others"):
        [error] = ann.refused("SheetUpdate", id=made, input={"owner": name, "description": "new"})
        assert (error["code"], error["path"]) == ("BAD_INPUT", ["input", "owner"])
        assert "Grant them a role" in error["hint"]
    for name in ("ann", "carl", "root", "group:crew"):
        node = ann.done("SheetUpdate", id=made, input={"owner": name})["node"]
        assert (node["owner"], node["description"]) == (name, None)
    # Whoever left meanwhile stays named until another one is, so that nothing else is refused for it.
    assert grant(admin, id, "group:crew", None) == []
    assert ann.done("SheetUpdate", id=made, input={"owner": "group:crew", "description": "new"})["node"]["description"]


def test_an_owner_cannot_leave_a_project_without_one(people: People, admin: Client) -> None:
    id = project(admin, "a", ann="OWNER")
    ann = people.person("ann")
    assert grant(ann, id, "root", None) == []  # who made it owned it too
    assert grant(ann, id, "ann", None) == ["GUARD_FAILED"]
    assert grant(admin, id, "ann", "EDITOR") == ["GUARD_FAILED"]
    assert grant(ann, id, "bob", "OWNER") == []
    assert grant(ann, id, "ann", None) == []
    assert grant(ann, id, "ann", "OWNER") == ["NOT_FOUND"]


def test_two_owners_who_remove_each_other_at_once_leave_one(people: People, admin: Client) -> None:
    owners = {name: people.person(name) for name in ("ann", "bob")}
    for round in range(10):
        id = project(admin, f"p{round}", ann="OWNER", bob="OWNER", root="VIEWER")
        together = threading.Barrier(2)
        said: dict[str, list[str]] = {}

        def remove(name: str, other: str, id: str = id, together: threading.Barrier = together) -> None:
            together.wait()
            said[name] = grant(owners[name], id, other, None)  # noqa: B023 - the threads end in this round

        threads = [threading.Thread(target=remove, args=pair) for pair in (("ann", "bob"), ("bob", "ann"))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(said.values()) == [[], ["NOT_FOUND"]]
