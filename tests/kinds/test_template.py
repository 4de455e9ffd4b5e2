"""Templates: written, refused, versioned, published, compared, and kept from the trash while something uses them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import anyio
import pytest

from begat.access.scope import DEFAULT_PROJECT, single_user
from begat.change.write import Change, write
from tests.api_client import Client
from tests.conftest import Database

UPDATE = """mutation($id: ID!, $input: TemplateUpdateInput!, $rev: Int) {
  templateUpdate(id: $id, input: $input, expectedRevision: $rev) {
    node { id revision prompt labelType settings variables version { number } publishedVersion { number } statusName }
    errors { code path message id hint } } }"""
PUBLISH = """mutation($ids: [ID!]) { templatePublish(ids: $ids) {
  nodes { revision statusName version { number publishedAt } publishedVersion { number } }
  outcomes { id ok error { code message } } errors { code } } }"""
READ = """query($id: ID!, $number: Int) { template(id: $id) { prompt version(number: $number) {
  id number variables system prompt settings labelType publishedAt template { id name } }
  publishedVersion { number } } }"""


def make(api: Client, prompt: str = "Which intent? {{ text }}", **more: Any) -> dict[str, Any]:
    given = {"name": "intents", "system": "You sort questions.", "prompt": prompt, "labelType": "intent", **more}
    node: dict[str, Any] = api.done("TemplateCreate", input=given)["node"]
    return node


def update(api: Client, id: str, rev: int | None = None, **input: Any) -> dict[str, Any]:
    answer: dict[str, Any] = api.ask(UPDATE, id=id, input=input, rev=rev)["templateUpdate"]
    return answer


def publish(api: Client, id: str) -> dict[str, Any]:
    answer: dict[str, Any] = api.ask(PUBLISH, ids=[id])["templatePublish"]
    return answer


def read(api: Client, id: str, number: int | None = None) -> dict[str, Any]:
    found: dict[str, Any] = api.ask(READ, id=id, number=number)["template"]
    return found


def test_a_new_template_is_a_draft_that_lists_its_variables_in_the_order_of_first_use(api: Client) -> None:
    node = make(api, "{{ text }} of {{ row['First name'] }} {% if text %}{{ language | default('en') }}{% endif %}")
    assert (node["kind"], node["statusName"], node["retention"], node["revision"]) == ("TEMPLATE", "DRAFT", "LIVE", 1)
    assert node["version"]["id"] == f"{node['id']}:v1"
    assert node["version"]["variables"] == ["text", "First name", "language"]
    assert node["project"]["name"] == "default"


@pytest.mark.parametrize(
    ("prompt", "says"),
    [
        ("{{ text", "line 1"),
        ("one\ntwo {% if %}", "line 2"),
        ("{{ ''.__class__.__mro__ }}", "__mro__"),
        ("{{ text.__init__.__globals__ }}", "__globals__"),
        ("{% include '/etc/passwd' %}", "include"),
        ("{{ text | attr('__class__') }}", "attr"),
        ("{{ range(10) }}", "column 9: A call"),
        ("{{ nothing | unheard_of }}", "unheard_of"),
        ("{{ text }}" + "x" * 50_000, "50,010 characters"),
        ("a\0b {{ text }}", "NUL"),
    ],
)
def test_a_prompt_that_cannot_be_rendered_is_refused_at_its_place(api: Client, prompt: str, says: str) -> None:
    errors = api.refused("TemplateCreate", input={"name": "bad", "prompt": prompt})
    assert (errors[0]["code"], errors[0]["path"]) == ("BAD_INPUT", ["input", "prompt"])
    assert says in errors[0]["message"].replace("50010", "50,010")
    assert api.run("Assets")["totalCount"] == 0


@pytest.mark.parametrize(
    ("input", "path"),
    [
        ({"name": " "}, ["input", "name"]),
        ({"system": "{{ a"}, ["input", "system"]),
        ({"labelType": "a|b"}, ["input", "labelType"]),
        ({"labelType": "x" * 101}, ["input", "labelType"]),
        ({"settings": [1]}, ["input", "settings"]),
        ({"settings": {"a": "x" * 10_001}}, ["input", "settings"]),
        ({"tags": ["\n"]}, ["input", "tags", "0"]),
    ],
)
def test_other_bad_fields_are_named(api: Client, input: dict[str, Any], path: list[str]) -> None:
    errors = api.refused("TemplateCreate", input={"name": "bad", "prompt": "{{ text }}", **input})
    assert (errors[0]["code"], errors[0]["path"]) == ("BAD_INPUT", path)
    assert api.run("Assets")["totalCount"] == 0


def test_an_integer_that_no_store_keeps_is_refused_in_the_settings(api: Client) -> None:
    document = f"""mutation {{ templateCreate(input: {{ name: "n", prompt: "p", settings: {{ seed: {2**70} }} }}) {{
      node {{ id }} errors {{ code path }} }} }}"""
    answer = api.ask(document)["templateCreate"]
    assert answer["errors"] == [{"code": "BAD_INPUT", "path": ["input", "settings"]}]


def test_a_draft_changes_in_place_and_a_published_version_never(api: Client) -> None:
    id = make(api, settings={"temperature": 0.2})["id"]
    draft = update(api, id, prompt="{{ question }}?")["node"]
    assert (draft["revision"], draft["version"]["number"], draft["variables"]) == (2, 1, ["question"])
    published = publish(api, id)["nodes"][0]
    assert published["statusName"] == "PUBLISHED"
    assert published["publishedVersion"]["number"] == 1
    before = read(api, id, 1)["version"]
    after = update(api, id, prompt="{{ other }}", settings={"temperature": 1})["node"]
    assert (after["version"]["number"], after["publishedVersion"]["number"]) == (2, 1)
    assert after["statusName"] == "PUBLISHED"
    again = update(api, id, prompt="{{ third }}")["node"]
    assert again["version"]["number"] == 2
    assert read(api, id, 1)["version"] == before
    assert before["settings"] == {"temperature": 0.2}
    assert before["template"] == {"id": id, "name": "intents"}


def test_new_work_takes_an_edit_of_a_published_template_only_once_it_is_published_too(api: Client) -> None:
    id = make(api)["id"]
    assert read(api, id)["publishedVersion"] is None
    publish(api, id)
    refused = publish(api, id)["outcomes"][0]
    assert refused["error"]["code"] == "GUARD_FAILED"
    assert "published already" in refused["error"]["message"]
    update(api, id, prompt="{{ other }}")
    actions = {action["action"]: action for action in api.run("Actions", id=id)["availableActions"]}
    assert actions["publish"]["allowed"] is True
    assert publish(api, id)["nodes"][0]["publishedVersion"]["number"] == 2
    actions = {action["action"]: action for action in api.run("Actions", id=id)["availableActions"]}
    assert actions["publish"]["allowed"] is False


def test_a_name_or_a_tag_makes_no_version(api: Client) -> None:
    id = make(api)["id"]
    publish(api, id)
    node = update(api, id, name="renamed", tags=["x"])["node"]
    assert (node["revision"], node["version"]["number"]) == (3, 1)


def test_a_draft_may_be_empty_but_is_not_published_so(api: Client) -> None:
    node = make(api, "  ", system="{{ language }}")
    assert node["version"]["variables"] == ["language"]
    refused = publish(api, node["id"])["outcomes"][0]["error"]
    assert refused["code"] == "GUARD_FAILED"
    assert "empty" in refused["message"]


def test_a_variable_that_no_column_can_be_called_is_not_published(api: Client) -> None:
    node = make(api, "{{ row['a\\nb'] }}")
    refused = publish(api, node["id"])["outcomes"][0]["error"]
    assert refused["code"] == "GUARD_FAILED"
    assert "variable" in refused["message"]


def test_the_other_moves_go_their_way_and_no_other(api: Client) -> None:
    id = make(api)["id"]
    moves = "mutation($ids: [ID!]) { moved: template%s(ids: $ids) { outcomes { statusAfter error { code } } } }"

    def move(name: str) -> dict[str, Any]:
        outcome: dict[str, Any] = api.ask(moves % name, ids=[id])["moved"]["outcomes"][0]
        return outcome

    assert move("Deprecate")["error"]["code"] == "ILLEGAL_MOVE"
    assert move("Publish")["statusAfter"] == "PUBLISHED"
    assert move("Deprecate")["statusAfter"] == "DEPRECATED"
    assert move("Publish")["error"]["code"] == "ILLEGAL_MOVE"
    assert move("Reinstate")["statusAfter"] == "PUBLISHED"


def test_versions_are_listed_and_compared(api: Client) -> None:
    id = make(api, settings={"temperature": 0.2, "max_tokens": 5})["id"]
    publish(api, id)
    update(api, id, prompt="{{ text }} {{ language }}", settings={"temperature": 1, "max_tokens": 5})
    shown = api.run("TemplateVersions", id=id, a=1, b=2)
    assert [version["number"] for version in shown["versions"]["nodes"]] == [2, 1]
    assert shown["compareVersions"] == [
        {"path": "prompt", "before": "Which intent? {{ text }}", "after": "{{ text }} {{ language }}"},
        {"path": "settings.temperature", "before": 0.2, "after": 1},
        {"path": "variables", "before": ["text"], "after": ["text", "language"]},
    ]
    assert api.run("TemplateVersions", id=id, a=2, b=2)["compareVersions"] == []


def test_a_version_that_never_was_is_a_typed_error(api: Client) -> None:
    id = make(api)["id"]
    for number in (0, 2, -1):
        answer = api.send(READ, {"id": id, "number": number})
        assert answer["errors"][0]["extensions"]["code"] == "BAD_INPUT"
    answer = api.send("query($id: ID!) { template(id: $id) { compareVersions(from: 1, to: 9) { path } } }", {"id": id})
    assert answer["errors"][0]["extensions"]["code"] == "BAD_INPUT"
    assert "9" in answer["errors"][0]["message"]


CREATE_VERSION = """mutation($id: ID!, $input: TemplateVersionInput, $key: String) {
  templateVersionCreate(id: $id, input: $input, idempotencyKey: $key) {
    node { version { number prompt } } errors { code path } } }"""


def test_a_version_can_be_made_also_of_a_draft_and_two_callers_never_get_one_number(api: Client) -> None:
    id = make(api)["id"]
    first = api.ask(CREATE_VERSION, id=id, input={"prompt": "{{ a }}"}, key="k")["templateVersionCreate"]
    assert first["node"]["version"] == {"number": 2, "prompt": "{{ a }}"}
    assert api.ask(CREATE_VERSION, id=id, input={"prompt": "{{ a }}"}, key="k")["templateVersionCreate"] == first
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: api.ask(CREATE_VERSION, id=id), range(4)))
    assert all(not answer["templateVersionCreate"]["errors"] for answer in answers)
    numbers = api.ask(
        "query($id: ID!) { template(id: $id) { versions { nodes { number prompt } totalCount } } }", id=id
    )
    nodes = numbers["template"]["versions"]["nodes"]
    assert [node["number"] for node in nodes] == [6, 5, 4, 3, 2, 1]
    assert {node["prompt"] for node in nodes[:5]} == {"{{ a }}"}


def test_a_stale_revision_is_a_conflict_with_the_present_state(api: Client) -> None:
    id = make(api)["id"]
    update(api, id, rev=1, prompt="{{ new }}")
    late = update(api, id, rev=1, prompt="{{ late }}")
    assert late["errors"][0]["code"] == "CONFLICT"
    assert late["node"]["prompt"] == "{{ new }}"


def test_of_eight_updates_of_one_revision_one_is_done(api: Client) -> None:
    id = make(api)["id"]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda place: update(api, id, rev=1, prompt=f"{{{{ v{place} }}}}"), range(8)))
    codes = sorted(error["code"] for answer in answers for error in answer["errors"])
    assert codes == ["CONFLICT"] * 7
    assert api.run("History", id=id)["history"]["totalCount"] == 2


def test_the_same_create_twice_with_one_key_makes_one_template(api: Client) -> None:
    assert make(api, idempotencyKey="k") == make(api, idempotencyKey="k")
    errors = api.refused("TemplateCreate", input={"name": "other", "prompt": "{{ text }}", "idempotencyKey": "k"})
    assert errors[0]["path"] == ["input", "idempotencyKey"]


def test_templates_are_listed_by_label_type_and_by_what_all_assets_are_listed_by(api: Client) -> None:
    make(api)
    make(api, name="moods", labelType="mood", tags=["t"])
    query = "query($where: TemplateFilter) { templates(where: $where) { nodes { name } totalCount } }"

    def names(**where: Any) -> list[str]:
        return [node["name"] for node in api.ask(query, where=where)["templates"]["nodes"]]

    assert names() == ["intents", "moods"]
    assert names(labelType=["mood"]) == ["moods"]
    assert names(labelType=["intent"], tags=["t"]) == []
    assert names(status=["PUBLISHED"]) == []


def test_an_unfinished_training_sheet_keeps_its_template_out_of_the_trash(api: Client, database: Database) -> None:
    id = make(api)["id"]
    anyio.run(_training_sheet, database, id, "GENERATING", "LIVE")
    errors = api.refused("Trash", ids=[id])
    assert errors[0]["code"] == "IN_USE"
    assert "'my sheet'" in errors[0]["message"]
    anyio.run(_set, database, "FINALIZED", "LIVE")
    api.done("Trash", ids=[id])
    assert read(api, id)["version"]["number"] == 1
    assert update(api, id, prompt="{{ x }}")["errors"][0]["code"] == "ILLEGAL_MOVE"


def test_a_trashed_sheet_lets_its_template_go_but_for_a_running_generation(api: Client, database: Database) -> None:
    id = make(api)["id"]
    anyio.run(_training_sheet, database, id, "GENERATING", "TRASHED")
    assert api.refused("Trash", ids=[id])[0]["code"] == "IN_USE"
    anyio.run(_set, database, "DRAFT", "TRASHED")
    api.done("Trash", ids=[id])


def test_a_used_draft_version_is_not_replaced(api: Client, database: Database) -> None:
    id = make(api)["id"]
    anyio.run(_training_sheet, database, id, "DRAFT", "LIVE")
    assert update(api, id, prompt="{{ x }}")["node"]["version"]["number"] == 2


async def _training_sheet(database: Database, template: str, status: str, retention: str) -> None:
    async def work(change: Change) -> None:
        id = "ts_01j00000000000000000000000"
        shared = {"project": DEFAULT_PROJECT, "name": "my sheet", "kind": "TRAINING_SHEET"}
        change.create(("Asset", "TrainingSheet"), {**shared, "id": id, "status": status, "retention": retention})
        change.create(("Version", "TrainingSheetVersion"), {**shared, "id": f"{id}:v1", "asset": id, "number": 1})
        change.join("OF", f"{id}:v1", id)
        change.link("PROMPTED_BY", f"{id}:v1", f"{template}:v1", "TemplateVersion")

    async with database.connect() as graph:
        await write(graph, single_user(), work)


async def _set(database: Database, status: str, retention: str) -> None:
    async with database.connect() as graph:
        await graph.read(
            "MATCH (n:TrainingSheet) SET n.status = $status, n.retention = $retention RETURN count(n)",
            status=status,
            retention=retention,
        )
