"""Models and their versions: made, described, promoted, retired, kept and taken away."""

from __future__ import annotations

from typing import Any

import anyio
import pytest

from begat.access.scope import DEFAULT_PROJECT, single_user
from begat.change import assets
from begat.change.write import Change, write
from begat.graph.driver import Graph
from begat.kinds.model.kind import MODEL, MODEL_VERSION
from begat.kinds.training_sheet.kind import TRAINING_SHEET
from tests.api_client import Client
from tests.conftest import Database

CREATE = """mutation($input: ModelCreateInput!) {
  modelCreate(input: $input) { node { id name description tags revision external } errors { code path id } }
}"""
MODEL_SHOWN = """query($id: ID!) { model(id: $id) {
  status revision champion { number }
  aliases(history: true) { name since until actor reason version { number } }
  versions { nodes { number aliases statusName } totalCount }
} }"""
RETIRE = """mutation($ids: [ID!]) { modelVersionRetire(ids: $ids) { outcomes { ok error { code message } } } }"""
REINSTATE = """mutation($ids: [ID!]) { modelVersionReinstate(ids: $ids) { changed } }"""
REMOVE = """mutation($id: ID!, $alias: String!, $reason: String) {
  modelAliasRemove(id: $id, alias: $alias, reason: $reason) { node { champion { id } } errors { code path hint } }
}"""


async def version_of(graph: Graph, model: str, number: int, status: str = "READY", **more: Any) -> str:
    """A version of the model, as a training that ended leaves it, but for its lineage."""

    async def make(change: Change) -> str:
        properties = {"name": f"intents v{number}", "model": model, "number": number, **more}
        key = f"{model}|{number}"
        node = await assets.create(change, MODEL_VERSION, DEFAULT_PROJECT, properties, key=key, status=status)
        change.join("OF", node["id"], model)
        return str(node["id"])

    return await write(graph, single_user(), make)


async def model_with(graph: Graph, count: int, **more: Any) -> tuple[str, list[str]]:
    """A model with so many READY versions, in the order of their numbers."""

    async def make(change: Change) -> str:
        properties = {"name": "intents", **more}
        return str((await assets.create(change, MODEL, DEFAULT_PROJECT, properties, key="intents"))["id"])

    model = await write(graph, single_user(), make)
    return model, [await version_of(graph, model, number + 1, **more) for number in range(count)]


def made(database: Database, count: int, **more: Any) -> tuple[str, list[str]]:
    """`model_with` on a connection of its own, for tests that talk HTTP."""

    async def work() -> tuple[str, list[str]]:
        async with database.connect() as graph:
            return await model_with(graph, count, **more)

    return anyio.run(work)


def unfit(database: Database, model: str, number: int, status: str) -> str:
    """A version in another status."""

    async def work() -> str:
        async with database.connect() as graph:
            return await version_of(graph, model, number, status)

    return anyio.run(work)


def test_a_model_is_made_by_name_and_the_name_is_unique_in_its_project(api: Client) -> None:
    answer = api.ask(CREATE, input={"name": " intents ", "description": "of customers", "tags": ["b", "a"]})[
        "modelCreate"
    ]
    node = answer["node"]
    assert (node["name"], node["description"], node["tags"]) == ("intents", "of customers", ["a", "b"])
    assert node["external"] is False
    again = api.ask(CREATE, input={"name": "intents"})["modelCreate"]
    assert (again["node"], again["errors"][0]["code"], again["errors"][0]["id"]) == (None, "DUPLICATE", node["id"])
    assert api.ask(CREATE, input={"name": ""})["modelCreate"]["errors"][0]["path"] == ["input", "name"]
    same = [api.ask(CREATE, input={"name": "k", "idempotencyKey": "k"})["modelCreate"]["node"]["id"] for _ in "ab"]
    assert same[0] == same[1]


def test_what_a_model_and_a_version_are_for_can_be_changed_and_their_names_cannot(
    api: Client, database: Database
) -> None:
    model, (version,) = made(database, 1)
    for noun, id in (("model", model), ("modelVersion", version)):
        kind = noun[0].upper() + noun[1:]
        update = f"""mutation($id: ID!, $input: {kind}UpdateInput!, $rev: Int) {{
          {noun}Update(id: $id, input: $input, expectedRevision: $rev) {{
            node {{ description tags owner revision }} errors {{ code }}
          }}
        }}"""
        input = {"description": "new", "tags": ["x"], "owner": "ann"}
        answer = api.ask(update, id=id, input=input, rev=1)[f"{noun}Update"]
        assert answer["node"] == {**input, "revision": 2}
        stale = api.ask(update, id=id, input={"owner": "bob"}, rev=1)[f"{noun}Update"]
        assert (stale["errors"][0]["code"], stale["node"]["owner"]) == ("CONFLICT", "ann")
        errors = api.send(update, {"id": id, "input": {"name": "other"}})["errors"]
        assert "name" in errors[0]["message"]


def test_a_promotion_is_dated_and_moves_the_alias(api: Client, database: Database) -> None:
    model, (first, second) = made(database, 2)
    promoted = api.done("Promote", id=first, reason="the first")["node"]
    assert (promoted["number"], promoted["aliases"]) == (1, ["champion"])
    api.done("Promote", id=second, alias="champion")
    api.done("Promote", id=second, alias="challenger", reason="also")
    shown = api.ask(MODEL_SHOWN, id=model)["model"]
    assert shown["champion"] == {"number": 2}
    assert [(one["number"], one["aliases"]) for one in shown["versions"]["nodes"]] == [
        (2, ["challenger", "champion"]),
        (1, []),
    ]
    newest = shown["aliases"]
    assert [(one["name"], one["version"]["number"], one["until"] is None) for one in newest] == [
        ("challenger", 2, True),
        ("champion", 2, True),
        ("champion", 1, False),
    ]
    assert newest[2]["until"] == newest[1]["since"]
    assert (newest[2]["reason"], newest[2]["actor"]) == ("the first", "me")
    found = api.ask('{ modelVersions(where: { alias: "challenger" }) { nodes { number aliasHistory { name } } } }')
    assert found["modelVersions"]["nodes"] == [
        {"number": 2, "aliasHistory": [{"name": "challenger"}, {"name": "champion"}]}
    ]


def test_every_promotion_is_in_the_history_of_the_model(api: Client, database: Database) -> None:
    model, (first, second) = made(database, 2)
    for version in (first, second, second):
        api.done("Promote", id=version, reason=f"because of {version}")
    latest = api.run("History", id=model, first=10)["history"]["nodes"]
    assert [entry["action"] for entry in latest] == ["promote", "promote", "create"], "a repeated one changes nothing"
    assert latest[0]["changes"] == [{"path": "aliases.champion", "before": first, "after": second}]
    assert latest[0]["reason"] == f"because of {second}"


def test_an_alias_can_be_taken_away(api: Client, database: Database) -> None:
    model, (version,) = made(database, 1)
    api.done("Promote", id=version)
    answer = api.ask(REMOVE, id=model, alias="champion", reason="too slow")["modelAliasRemove"]
    assert answer == {"node": {"champion": None}, "errors": []}
    again = api.ask(REMOVE, id=model, alias="champion")["modelAliasRemove"]
    assert (again["errors"][0]["code"], again["errors"][0]["path"]) == ("ILLEGAL_MOVE", ["alias"])
    assert api.run("Models")["nodes"][0]["champion"] is None
    api.done("Promote", id=version)
    assert len(api.ask(MODEL_SHOWN, id=model)["model"]["aliases"]) == 2


@pytest.mark.parametrize("alias", ["", "Champion", "a b", "latest", "v12", "1st", "x" * 64, "ünï", "a\n"])
def test_an_alias_that_reads_as_something_else_is_refused(api: Client, database: Database, alias: str) -> None:
    _, (version,) = made(database, 1)
    error = api.refused("Promote", id=version, alias=alias)[0]
    assert (error["code"], error["path"]) == ("BAD_INPUT", ["alias"])
    assert api.run("Models")["nodes"][0]["versions"]["nodes"][0]["aliases"] == []


def test_only_a_ready_version_that_is_live_is_promoted(api: Client, database: Database) -> None:
    model, (version,) = made(database, 1)
    for number, status in ((2, "REGISTERING"), (3, "FAILED"), (4, "RETIRED")):
        error = api.refused("Promote", id=unfit(database, model, number, status))[0]
        assert (error["code"], error["path"]) == ("ILLEGAL_MOVE", ["id"])
        assert status in error["message"]
    api.done("Archive", ids=[version])
    assert api.refused("Promote", id=version)[0]["code"] == "ILLEGAL_MOVE"
    for id in ("mver_none", model, ""):
        assert api.refused("Promote", id=id)[0]["code"] == "NOT_FOUND"


def test_a_version_that_an_alias_names_is_not_retired_or_trashed(api: Client, database: Database) -> None:
    model, (version,) = made(database, 1)
    api.done("Promote", id=version)
    outcome = api.ask(RETIRE, ids=[version])["modelVersionRetire"]["outcomes"][0]
    assert (outcome["ok"], outcome["error"]["code"]) == (False, "GUARD_FAILED")
    assert api.refused("Trash", ids=[version])[0]["code"] == "IN_USE"
    found = {one["action"]: one for one in api.run("Actions", id=version)["availableActions"]}
    assert found["retire"]["blockers"][0]["code"] == "GUARD_FAILED"
    assert "ready" not in found, "only the platform makes this move"
    api.ask(REMOVE, id=model, alias="champion")
    assert api.ask(RETIRE, ids=[version])["modelVersionRetire"]["outcomes"][0]["ok"] is True
    assert api.refused("Promote", id=version)[0]["code"] == "ILLEGAL_MOVE"
    assert api.ask(REINSTATE, ids=[version])["modelVersionReinstate"]["changed"] == 1
    api.done("Promote", id=version)


def test_a_model_is_deprecated_and_reinstated(api: Client, database: Database) -> None:
    model, _ = made(database, 0)
    for move, status in (("Deprecate", "DEPRECATED"), ("Reinstate", "ACTIVE")):
        moved = api.ask(f"mutation($ids: [ID!]) {{ model{move}(ids: $ids) {{ nodes {{ status }} }} }}", ids=[model])
        assert moved[f"model{move}"]["nodes"] == [{"status": status}]


def test_an_external_chat_model_is_shown_with_its_address_and_without_a_job(api: Client, database: Database) -> None:
    made(database, 1, external=True, uri="http://127.0.0.1:9/v1")
    shown = api.ask(
        "{ models(where: { external: true }) { nodes { external versions { nodes "
        "{ external uri sha256 trainer hyperparameters job { id } evaluations { id } } } } totalCount } }"
    )["models"]
    version = {"external": True, "uri": "http://127.0.0.1:9/v1", "sha256": None, "trainer": None}
    version |= {"hyperparameters": None, "job": None, "evaluations": []}
    assert shown == {"nodes": [{"external": True, "versions": {"nodes": [version]}}], "totalCount": 1}
    assert api.ask("{ models(where: { external: false }) { totalCount } }")["models"]["totalCount"] == 0


def test_a_chat_model_that_answers_an_unfinished_training_sheet_is_in_use(api: Client, database: Database) -> None:
    model, (version,) = made(database, 1, external=True)
    sheet = answered(database, version)
    for id in (model, version):
        error = api.refused("Trash", ids=[id])[0]
        assert (error["code"], sheet in error["message"]) == ("IN_USE", True)
        planned = api.run("Trash", ids=[id], dryRun=True)
        api.done("Trash", ids=[id], token=planned["token"])


def answered(database: Database, version: str) -> str:
    """A training sheet in review that this version answers."""

    async def make(change: Change) -> str:
        properties = {"name": "asked", "definition": "{}"}
        links = [("ANSWERED_BY", version, "ModelVersion")]
        node = await assets.create(change, TRAINING_SHEET, DEFAULT_PROJECT, properties, links=links, status="IN_REVIEW")
        return str(node["id"])

    async def work() -> str:
        async with database.connect() as graph:
            return await write(graph, single_user(), make)

    return anyio.run(work)


def test_versions_are_paged_newest_first_within_their_model(api: Client, database: Database) -> None:
    model, _ = made(database, 5)
    page = """query($id: ID!, $after: String) { model(id: $id) { versions(first: 2, after: $after) {
      nodes { number } totalCount pageInfo { hasNextPage endCursor }
    } } }"""
    seen: list[int] = []
    after = None
    while True:
        found = api.ask(page, id=model, after=after)["model"]["versions"]
        seen += [node["number"] for node in found["nodes"]]
        assert found["totalCount"] == 5
        if not found["pageInfo"]["hasNextPage"]:
            break
        after = found["pageInfo"]["endCursor"]
    assert seen == [5, 4, 3, 2, 1]


def test_what_is_not_there_reads_as_null(api: Client) -> None:
    assert api.ask('{ model(id: "model_none") { id } modelVersion(id: "x") { id } evaluation(id: "y") { id } }') == {
        "model": None,
        "modelVersion": None,
        "evaluation": None,
    }
