"""Projects: made, described, renamed, and shared by roles."""

from __future__ import annotations

from tests.api_client import Client

UPDATE = """mutation($id: ID!, $input: ProjectUpdateInput!, $rev: Int) {
  projectUpdate(id: $id, input: $input, expectedRevision: $rev) {
    node { id name description revision } errors { code path message }
  }
}"""
MEMBERS = "query($id: ID!) { project(id: $id) { members { principal role } } }"


def make(api: Client, name: str = "vision", **more: str) -> str:
    return str(api.done("ProjectCreate", input={"name": name, **more})["node"]["id"])


def grants(*pairs: tuple[str, str | None]) -> list[dict[str, str | None]]:
    return [{"principal": principal, "role": role} for principal, role in pairs]


def members(api: Client, id: str) -> dict[str, str]:
    found = api.ask(MEMBERS, id=id)["project"]["members"]
    return {member["principal"]: member["role"] for member in found}


def test_a_fresh_begat_has_one_project_and_its_user_owns_it(api: Client) -> None:
    me = api.run("Me")
    assert (me["name"], [(one["name"], one["role"]) for one in me["projects"]]) == ("me", [("default", "OWNER")])
    assert api.ask("{ viewer { admin groups } }")["viewer"] == {"admin": True, "groups": []}


def test_a_new_project_is_listed_by_name_and_the_single_user_owns_it_without_being_named(api: Client) -> None:
    id = make(api)
    assert members(api, id) == {}
    assert [one["name"] for one in api.run("Me")["projects"]] == ["default", "vision"]
    listed = api.ask("{ projects(first: 1) { nodes { name } totalCount pageInfo { hasNextPage } } }")["projects"]
    assert (listed["totalCount"], listed["pageInfo"]["hasNextPage"], len(listed["nodes"])) == (2, True, 1)


def test_sheets_can_be_made_in_it(api: Client) -> None:
    id = make(api)
    table = api.table("questions", "id,text\n1,a\n")
    sheet = api.done("SheetCreate", input={"name": "s", "table": table, "projectId": id})["node"]
    assert sheet["project"] == {"id": id, "name": "vision"}
    assert api.run("Assets", where={"projectId": id})["totalCount"] == 1


def test_two_projects_never_have_one_name(api: Client) -> None:
    id, other = make(api), make(api, "sound")
    refused = api.refused("ProjectCreate", input={"name": " vision "})[0]
    assert (refused["code"], refused["path"], refused["id"]) == ("DUPLICATE", ["input", "name"], id)
    renamed = api.ask(UPDATE, id=other, input={"name": "vision"})["projectUpdate"]
    assert (renamed["node"], renamed["errors"][0]["code"]) == (None, "DUPLICATE")


def test_a_name_that_was_given_up_is_free(api: Client) -> None:
    id = make(api)
    assert api.ask(UPDATE, id=id, input={"name": "sight"})["projectUpdate"]["node"]["name"] == "sight"
    assert make(api) != id


def test_the_same_create_twice_with_one_key_makes_one_project(api: Client) -> None:
    assert make(api, idempotencyKey="k") == make(api, idempotencyKey="k")
    other = api.refused("ProjectCreate", input={"name": "another", "idempotencyKey": "k"})[0]
    assert (other["code"], other["path"]) == ("BAD_INPUT", ["input", "idempotencyKey"])


def test_an_update_moves_the_revision_and_a_stale_one_shows_what_it_is_now(api: Client) -> None:
    id = make(api, description="pictures")
    changed = api.ask(UPDATE, id=id, input={"description": None}, rev=1)["projectUpdate"]
    assert changed["node"] == {"id": id, "name": "vision", "description": None, "revision": 2}
    stale = api.ask(UPDATE, id=id, input={"description": "late"}, rev=1)["projectUpdate"]
    assert (stale["errors"][0]["code"], stale["node"]["revision"]) == ("CONFLICT", 2)
    same = api.ask(UPDATE, id=id, input={"name": "vision"})["projectUpdate"]["node"]
    assert same["revision"] == 2


def test_bad_names_are_refused(api: Client) -> None:
    for name in ("", "  ", "a\nb", "x" * 201, "a\0b"):
        assert api.refused("ProjectCreate", input={"name": name})[0]["path"] == ["input", "name"]
    nameless = api.ask(UPDATE, id=make(api), input={"name": None})["projectUpdate"]["errors"]
    assert nameless[0]["path"] == ["input", "name"]


def test_roles_are_given_changed_and_taken_away_in_one_step(api: Client) -> None:
    id = make(api)
    api.done("ProjectGrant", id=id, grants=grants(("ann", "VIEWER"), ("group:review", "REVIEWER")))
    api.done("ProjectGrant", id=id, grants=grants(("ann", "EDITOR"), ("group:review", None), ("nobody", None)))
    assert members(api, id) == {"ann": "EDITOR"}


def test_the_last_owner_stays(api: Client) -> None:
    id = make(api)
    api.done("ProjectGrant", id=id, grants=grants(("ann", "OWNER")))
    for role in (None, "EDITOR"):
        refused = api.refused("ProjectGrant", id=id, grants=grants(("bob", "EDITOR"), (" ann ", role)))[0]
        assert (refused["code"], refused["path"]) == ("GUARD_FAILED", ["grants", "1"])
    assert members(api, id) == {"ann": "OWNER"}
    api.done("ProjectGrant", id=id, grants=grants(("ann", None), ("group:leads", "OWNER")))
    assert members(api, id) == {"group:leads": "OWNER"}


def test_bad_grants_change_nothing(api: Client) -> None:
    id = make(api)
    bad = (("ann", "VIEWER"), (" ann", None)), (("group:", "VIEWER"),), (("begat", "OWNER"),), (("me", "OWNER"),)
    for some in bad:
        refused = api.refused("ProjectGrant", id=id, grants=grants(("bob", "VIEWER"), *some))[0]
        assert (refused["code"], refused["path"][0], refused["path"][2]) == ("BAD_INPUT", "grants", "principal")
    assert members(api, id) == {}
    unknown = api.refused("ProjectGrant", id="project_01jzzzzzzzzzzzzzzzzzzzzzzz", grants=[])[0]
    assert (unknown["code"], unknown["path"]) == ("NOT_FOUND", ["id"])


def test_history_tells_who_gave_which_role(api: Client) -> None:
    id = make(api)
    api.done("ProjectGrant", id=id, grants=grants(("ann", "VIEWER")))
    api.done("ProjectGrant", id=id, grants=grants(("ann", "VIEWER")))  # changes nothing and is no entry
    query = """query($id: ID!) { project(id: $id) { history(first: 1) {
      nodes { revision actor action changes { path before after } } totalCount
    } } }"""
    history = api.ask(query, id=id)["project"]["history"]
    assert history["totalCount"] == 2
    assert history["nodes"] == [
        {
            "revision": 2,
            "actor": "me",
            "action": "grant",
            "changes": [{"path": "members.ann", "before": None, "after": "VIEWER"}],
        }
    ]
