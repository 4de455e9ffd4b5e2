"""What another project's people learn of a project: nothing, by whatever way they ask."""

from __future__ import annotations

import base64
import json
import re
from typing import Any

import pytest
from tests.access.conftest import People, project, sheet
from tests.api_client import Client

from begat.access.scope import Viewer
from begat.change import assets
from begat.change.write import Change, write
from begat.core import ids
from begat.graph.driver import Graph
from begat.kinds.sheet.kind import SHEET
from begat.kinds.training_sheet.kind import TRAINING_SHEET

PAGE = """query($first: Int!, $after: String) {
  assets(where: { kinds: [SHEET] }, first: $first, after: $after, orderBy: NAME_ASC) {
    nodes { id name } totalCount pageInfo { hasNextPage endCursor }
  }
}"""
NODE = "query($id: ID!) { node(id: $id) { id } nodes(ids: [$id]) { id } asset(id: $id) { id } project(id: $id) { id } }"
TOKEN = "mutation($ids: [ID!], $dryRun: Boolean) { assetTrash(ids: $ids, dryRun: $dryRun) { token matched changed } }"


@pytest.fixture
def two(people: People, admin: Client) -> dict[str, Any]:
    """Two projects, each with its owner."""
    first, second = project(admin, "a", ann="OWNER"), project(admin, "b", bob="OWNER")
    return {"a": first, "b": second, "ann": people.person("ann"), "bob": people.person("bob")}


def test_nothing_is_found_by_id(two: dict[str, Any]) -> None:
    made = sheet(two["ann"], two["a"])
    nothing = {"node": None, "nodes": [None], "asset": None, "project": None}
    assert two["bob"].ask(NODE, id=made) == nothing
    assert two["bob"].ask(NODE, id=two["a"]) == nothing
    assert two["ann"].ask(NODE, id=made) == {
        **nothing,
        "node": {"id": made},
        "nodes": [{"id": made}],
        "asset": {"id": made},
    }
    assert two["ann"].ask(NODE, id=two["a"]) == {**nothing, "project": {"id": two["a"]}}


def test_a_create_into_a_hidden_project_finds_none_there(two: dict[str, Any]) -> None:
    sheet(two["ann"], two["a"])
    for hidden in (two["a"], "project_default", ids.new("project"), "", "x" * 300, "a\0"):
        wanted = {"name": "s", "table": "local.test.questions", "projectId": hidden}
        refused = two["bob"].refused("SheetCreate", input=wanted)[0]
        assert (refused["code"], refused["path"]) == ("NOT_FOUND", ["input", "projectId"])


def test_a_cursor_that_somebody_else_made_opens_nothing(two: dict[str, Any]) -> None:
    for name in ("s1", "s2", "s3"):
        sheet(two["ann"], two["a"], name)
    mine = sheet(two["bob"], two["b"], "s4")
    page = two["ann"].ask(PAGE, first=1)["assets"]
    assert (page["totalCount"], page["pageInfo"]["hasNextPage"]) == (3, True)
    answer = two["bob"].ask(PAGE, first=10, after=page["pageInfo"]["endCursor"])["assets"]
    assert answer["nodes"] == [{"id": mine, "name": "s4"}]
    assert (answer["totalCount"], answer["pageInfo"]["hasNextPage"]) == (1, False)


def test_a_natural_key_of_another_project_is_free(two: dict[str, Any]) -> None:
    create = (
        "mutation($input: ModelCreateInput!) { modelCreate(input: $input) { node { id } errors { code message id } } }"
    )

    def make(client: Client, project: str) -> Any:
        return client.ask(create, input={"name": "intents", "projectId": project})["modelCreate"]

    first, second = make(two["ann"], two["a"]), make(two["bob"], two["b"])
    assert first["errors"] == second["errors"] == []
    again = make(two["ann"], two["a"])
    assert (again["errors"][0]["code"], again["errors"][0]["id"]) == ("DUPLICATE", first["node"]["id"])
    assert make(two["bob"], two["a"])["errors"][0]["code"] == "NOT_FOUND"


def test_an_idempotency_key_is_its_callers_own(two: dict[str, Any], people: People, admin: Client) -> None:
    first = sheet(two["ann"], two["a"], idempotencyKey="k")
    assert sheet(two["ann"], two["a"], idempotencyKey="k") == first
    assert sheet(two["bob"], two["b"], idempotencyKey="k") != first
    admin.done("ProjectGrant", id=two["a"], grants=[{"principal": "bob", "role": "EDITOR"}])
    admin.done(
        "ProjectGrant", id=two["a"], grants=[{"principal": "ann", "role": None}, {"principal": "bob", "role": None}]
    )
    replayed = two["ann"].run(
        "SheetCreate",
        input={"name": "questions", "table": "local.test.questions", "projectId": two["a"], "idempotencyKey": "k"},
    )
    assert replayed["node"] is None  # what was answered before the right ended is not shown after it


def test_outcomes_of_hidden_items_are_those_of_unknown_ones(two: dict[str, Any]) -> None:
    hidden, mine = sheet(two["ann"], two["a"]), sheet(two["bob"], two["b"])
    answer = two["bob"].run("Archive", ids=[hidden, mine, ids.new("sheet")])
    assert [outcome["ok"] for outcome in answer["outcomes"]] == [False, True, False]
    first, _, last = answer["outcomes"]
    assert first["error"]["code"] == last["error"]["code"] == "NOT_FOUND"
    assert (first["statusBefore"], first["revision"]) == (None, None)
    assert two["ann"].run("Archive", where={"ids": [hidden]}, dryRun=True)["matched"] == 1


def test_a_filter_over_all_projects_acts_on_ones_own(two: dict[str, Any]) -> None:
    hidden, mine = sheet(two["ann"], two["a"]), sheet(two["bob"], two["b"])
    wrong = two["bob"].run("Archive", where={"kinds": ["SHEET"]}, expectedCount=2)
    assert wrong["errors"][0]["code"] == "CONFLICT"
    done = two["bob"].done("Archive", where={"kinds": ["SHEET"]}, expectedCount=1)
    assert [outcome["id"] for outcome in done["outcomes"]] == [mine]
    assert two["ann"].ask("query($id: ID!) { asset(id: $id) { retention } }", id=hidden)["asset"]["retention"] == "LIVE"


def test_a_plans_token_gives_nobody_else_a_right(two: dict[str, Any]) -> None:
    hidden = sheet(two["ann"], two["a"])
    token = two["ann"].ask(TOKEN, ids=[hidden], dryRun=True)["assetTrash"]["token"]
    refused = two["bob"].refused("Trash", ids=[hidden], token=token)[0]
    assert refused["code"] == "NOT_FOUND"
    assert two["ann"].done("Trash", ids=[hidden], token=token)["changed"] == 1


@pytest.fixture
def used(two: dict[str, Any], people: People) -> dict[str, Any]:
    """A published sheet of bob's, and a training sheet of project a, `secret training`, that was built from it."""
    mine = sheet(two["bob"], two["b"])
    two["bob"].done("SheetPublish", ids=[mine])

    async def use(change: Change) -> str:
        node = await assets.create(
            change,
            TRAINING_SHEET,
            two["a"],
            {"name": "secret training", "sheet": mine},
            links=[("BUILT_FROM", ids.immutable(mine, "v", 1), SHEET.version or "")],
        )
        return str(node["id"])

    async def written(graph: Graph) -> str:
        return await write(graph, Viewer("ann", admin=True), use)

    return {**two, "sheet": mine, "user": people.graph(written)}


def unwrapped(answer: object) -> str:
    """The answer as text, with what its cursors hold."""
    text = json.dumps(answer)
    cursors = re.findall(r'"(?:endCursor|startCursor|cursor|continueAfter)": "([^"]+)"', text)
    return text + " ".join(packed(one).decode("latin-1") for one in cursors)


def packed(cursor: str) -> bytes:
    """What a cursor holds, without its signature."""
    payload = cursor.partition(".")[0]
    return base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))


def test_who_uses_a_thing_is_not_named_to_those_who_may_not_see_it(used: dict[str, Any], admin: Client) -> None:
    unpublish = "mutation($ids: [ID!]) { sheetUnpublish(ids: $ids) { outcomes { error { code message } } } }"

    def reason(client: Client) -> str:
        error = client.ask(unpublish, ids=[used["sheet"]])["sheetUnpublish"]["outcomes"][0]["error"]
        assert error["code"] == "IN_USE"
        return str(error["message"])

    assert reason(used["bob"]) == "It is in use by 1 that you may not see."
    assert "secret training" in reason(admin)
    actions = unwrapped(used["bob"].run("Actions", id=used["sheet"]))
    assert "secret" not in actions
    assert used["user"] not in actions


def test_a_trace_counts_what_it_passes_through_and_names_it_not(used: dict[str, Any], admin: Client) -> None:
    """A hidden hit has a kind and a depth, and an id that means nothing elsewhere."""
    for level in ("ASSET", "VERSION"):
        asked = {"id": used["sheet"], "depth": 5, "filter": {"level": level}}
        seen = used["bob"].run("Downstream", **asked)["downstream"]
        (hit,) = seen["nodes"]["nodes"]
        assert (hit["hidden"], hit["asset"], hit["depth"]) == (True, None, 1)
        assert seen["nodes"]["totalCount"] == 1
        assert [one["count"] for one in seen["counts"]] == [1]
        whole = admin.run("Downstream", **asked)["downstream"]
        assert whole["counts"] == seen["counts"]
        assert whole["nodes"]["nodes"][0]["asset"]["name"] == "secret training"
        text = unwrapped(seen)
        assert "secret" not in text
        assert used["user"] not in text
        assert used["bob"].run("Upstream", id=hit["id"]) is None
        assert used["bob"].ask(NODE, id=hit["id"])["node"] is None


def test_no_cursor_can_be_made_that_asks_where_a_hidden_thing_stands(used: dict[str, Any]) -> None:
    """Its id could else be guessed letter by letter, as the answer says whether it comes behind the guess."""
    below = """query($id: ID!, $after: String) {
      asset(id: $id) { found: downstream(depth: 1) { nodes(after: $after) { pageInfo { endCursor } } } } }"""
    users = """query($id: ID!, $after: String) {
      asset(id: $id) { found: usedBy(after: $after) { pageInfo { endCursor } } } }"""
    for query in (below, users):
        found = used["bob"].ask(query, id=used["sheet"])["asset"]["found"]
        cursor = found.get("nodes", found)["pageInfo"]["endCursor"]
        of, at, depth, _, window = json.loads(packed(cursor))
        guess = json.dumps([of, at, depth, f"BUILT_FROM {used['user']}", window]).encode()
        forged = f"{base64.urlsafe_b64encode(guess).decode().rstrip('=')}.{cursor.partition('.')[2]}"
        for wrong in (forged, forged.partition(".")[0]):
            (error,) = used["bob"].send(query, {"id": used["sheet"], "after": wrong})["errors"]
            assert error["extensions"]["code"] == "BAD_INPUT"
        assert used["bob"].ask(query, id=used["sheet"], after=cursor)["asset"]["found"] is not None


def test_a_trace_from_a_hidden_thing_starts_nowhere(used: dict[str, Any]) -> None:
    for operation in ("Upstream", "Downstream", "Sources", "UsedBy"):
        assert used["bob"].run(operation, id=used["user"]) is None
    answer = used["bob"].send("query($id: ID!) { exposure(id: $id) { rows } }", {"id": used["user"]})
    assert answer["errors"][0]["extensions"]["code"] == "NOT_FOUND"


def test_what_a_hidden_thing_was_made_from_is_shown_as_far_as_it_is_seen(used: dict[str, Any]) -> None:
    """ann sees her training sheet, and of bob's sheet that there is one; the table behind it is everybody's."""
    seen = used["ann"].run("Upstream", id=used["user"], depth=2)["upstream"]
    hits = {hit["depth"]: hit for hit in seen["nodes"]["nodes"]}
    assert (hits[1]["hidden"], hits[1]["kind"]) == (True, "SHEET")
    assert (hits[2]["hidden"], hits[2]["kind"]) == (False, "SOURCE_TABLE")
    assert used["sheet"] not in unwrapped(seen)


def test_history_is_as_hidden_as_its_asset(two: dict[str, Any]) -> None:
    hidden = sheet(two["ann"], two["a"])
    assert two["bob"].run("History", id=hidden) is None
    assert two["ann"].run("History", id=hidden)["history"]["totalCount"] == 1
    query = "query($id: ID!) { project(id: $id) { members { principal } history { totalCount } } }"
    assert two["bob"].ask(query, id=two["a"])["project"] is None
    assert [one["principal"] for one in two["ann"].ask(query, id=two["a"])["project"]["members"]] == ["ann", "root"]


def test_a_table_is_everybodys_and_tells_nothing_of_who_uses_it(two: dict[str, Any]) -> None:
    hidden = sheet(two["ann"], two["a"], "secret sheet")
    seen = two["bob"].run("Tables")["nodes"]
    table = next(node for node in seen if node["fullName"] == "local.test.questions")
    assert table["usedBy"]["totalCount"] == 1  # a trace counts what it does not show
    used = two["bob"].run("UsedBy", id=table["id"])
    assert hidden not in str(used)
    assert "secret" not in str(used)
    similar = two["bob"].done(
        "SheetCreate", input={"name": "s", "table": "local.test.questions", "projectId": two["b"]}
    )
    assert similar["similar"] == []
