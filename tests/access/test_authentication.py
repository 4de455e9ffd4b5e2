"""Who asks: a token of ours, or nobody."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from tests.access.conftest import People
from tests.begat_process import begat

from begat.access import tokens
from begat.access.scope import single_user
from begat.core.errors import Code, Problem
from begat.graph.driver import Graph

ME = "{ viewer { name admin groups projects { id } } }"


@pytest.mark.parametrize("header", [None, "", "Bearer", "Basic YTpi", "Bearer nobodys", "Bearer begat_x", "x y"])
def test_without_a_token_of_ours_nothing_is_answered(people: People, header: str | None) -> None:
    client = people.client(None)
    headers = {} if header is None else {"Authorization": header}
    for answer in (
        client.http.post("/graphql", json={"query": ME}, headers=headers),
        client.http.get("/graphql", params={"query": ME}, headers={**headers, "Accept": "application/json"}),
    ):
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == 'Bearer realm="begat"'
        body = answer.json()
        assert "data" not in body
        assert body["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
        assert "begat token create" in body["errors"][0]["extensions"]["hint"]


def test_what_tells_nothing_needs_no_token(people: People) -> None:
    client = people.client(None)
    assert client.http.get("/healthz").status_code == 200
    assert client.http.get("/readyz").json() == {"status": "ready"}
    assert client.http.get("/graphql", headers={"Accept": "text/html"}).status_code == 200


def test_a_new_principal_sees_nothing(people: People) -> None:
    ann = people.person("ann", "leads", "all")
    assert ann.ask(ME)["viewer"] == {"name": "ann", "admin": False, "groups": ["all", "leads"], "projects": []}
    assert ann.ask("{ projects { totalCount } assets { totalCount } }") == {
        "projects": {"totalCount": 0},
        "assets": {"totalCount": 0},
    }


def test_an_admin_sees_every_project(people: People) -> None:
    root = people.person("root", admin=True)
    assert [one["id"] for one in root.ask(ME)["viewer"]["projects"]] == ["project_default"]


def test_a_token_is_kept_as_its_hash_only(people: People) -> None:
    token = people.token("ann")

    async def kept(graph: Graph) -> list[object]:
        found: list[object] = await graph.read("MATCH (n) WHERE n:Token OR n:Principal RETURN collect(properties(n))")
        return found

    text = str(people.graph(kept))
    assert token not in text
    assert token.removeprefix(tokens.PREFIX) not in text
    assert hashlib.sha256(token.encode()).hexdigest() in text


def test_two_tokens_of_one_name_differ_and_are_revoked_together(people: People) -> None:
    first, second = people.token("ann"), people.token("ann")
    other = people.client(people.token("bob"))
    assert first != second
    assert people.client(second).ask(ME)["viewer"]["name"] == "ann"
    assert people.graph(lambda graph: tokens.revoke(graph, "ann")) == 2
    for token in (first, second):
        assert people.client(token).http.post("/graphql", json={"query": ME}).status_code == 401
    assert other.ask(ME)["viewer"]["name"] == "bob"


@pytest.mark.parametrize("name", ["", " ", "group:leads", "begat", "me", "a\nb", "x" * 201, "a\0"])
def test_names_that_nobody_can_have(people: People, name: str) -> None:
    with pytest.raises(Problem) as refused:
        people.token(name)
    assert refused.value.code is Code.BAD_INPUT


def test_the_single_user_owns_everything() -> None:
    viewer = single_user()
    assert viewer.admin
    assert viewer.sees("any")


def test_the_command_line_makes_tokens_beside_a_begat_that_serves(people: People, tmp_path: Path) -> None:
    database = people.database
    settings = {
        "NEO4J_URI": database.uri,
        "NEO4J_USERNAME": database.auth[0],
        "NEO4J_PASSWORD": database.auth[1],
        "NEO4J_DATABASE": database.database,
    }
    made = begat(tmp_path / "home", "token", "create", "ann", "--admin", **settings)
    assert (made.returncode, made.stderr) == (0, "")
    assert people.client(made.stdout.strip()).ask(ME)["viewer"]["admin"] is True
    wrong = begat(tmp_path / "home", "token", "create", "ann", **{**settings, "NEO4J_USERNAME": "nobody"})
    assert wrong.returncode == 2
    assert "NEO4J_PASSWORD" in wrong.stderr
    assert database.auth[1] not in wrong.stderr
