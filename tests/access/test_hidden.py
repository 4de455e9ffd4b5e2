"""What is in another project is not there: wherever its id is named, the answer is that of an id that never was."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any

from graphql import GraphQLInterfaceType, get_named_type, is_required_argument
from tests.access import places
from tests.access.conftest import People, project
from tests.access.world import Ids, fill
from tests.api_client import Client
from tests.conftest import DATABASES, ON_ONE_DATABASE, Database

from begat.graph.driver import Graph

NEVER = "01jzzzzzzzzzzzzzzzzzzzzzzz"


def never(id: str) -> str:
    """An id of the same form that nothing has."""
    prefix, _, rest = id.partition("_")
    return f"{prefix}_{NEVER}{rest[26:]}"


def chosen(hidden: Ids, place: places.Place, number: int) -> Ids:
    """What the place is about, by its name, and one other in turn, by ``number``: all of everything would take
    minutes."""
    sorts = sorted(hidden)
    words = f"{place.field} {' '.join(place.path)}".lower()
    meant = [sort for sort in sorts if sort.replace("_", "").lower() in words]
    return {sort: hidden[sort] for sort in dict.fromkeys([*meant, sorts[number % len(sorts)]])}


EVERY = 6


def asked_on(number: int) -> str:
    """The database on which the place of this number is asked. The predicate is one text for all of them, so that
    together they are asked at all places, and those that take long to plan what they never saw only at every sixth."""
    first, *others = DATABASES
    return others[number // EVERY % len(others)] if others and number % EVERY == 0 else first


def comparable(answer: Any, id: str) -> str:
    """The answer without the id that was asked for, and without what a plan's token says of the time."""
    text = json.dumps(answer, sort_keys=True).replace(id, "<the id>")
    return re.sub(r'"token": "[^"]*"', '"token": "<a token>"', text)


async def everything(graph: Graph) -> object:
    """All nodes and edges, to see that nothing changed."""
    nodes = await graph.read("MATCH (n) WHERE NOT n:Lease AND NOT n:Token RETURN collect(properties(n))")
    edges = await graph.read("MATCH (a)-[e]->(b) RETURN collect([a.id, type(e), b.id])")
    return sorted(json.dumps(node, sort_keys=True) for node in nodes), sorted(map(str, edges))


def test_a_foreign_id_is_answered_like_one_that_never_was(people: People, admin: Client, database: Database) -> None:
    built = places.current()
    hidden = people.graph(fill(project(admin, "a", ann="OWNER"), "ann"))
    project(admin, "b", bob="OWNER")
    bob = people.person("bob")
    before = people.graph(everything)
    told, asked = [], 0
    everywhere = list(enumerate(places.places(built)))
    here = [(number, place) for number, place in everywhere if asked_on(number) == database.name]
    for number, place in here:
        field = places.root_field(built, place)
        document = place.document(places.argument_types(field), places.selection(field.type))
        for name, id in chosen(hidden, place, number).items():
            foreign = bob.send(document, place.arguments(id))
            unknown = bob.send(document, place.arguments(never(id)))
            asked += 1
            if comparable(foreign, id) != comparable(unknown, never(id)):
                told.append(f"{place} tells that there is a {name}: {foreign} and not {unknown}")
            # A field of that name, which shows nothing, is no secret.
            shown = json.dumps(foreign).replace('"secret": null', "")
            assert "secret" not in shown, (str(place), name, foreign)
            assert "FAULT" not in json.dumps(foreign), (str(place), name, foreign)
    assert told == []
    assert asked >= len(here) >= len(everywhere) // EVERY > 25
    assert people.graph(everything) == before


@ON_ONE_DATABASE
def test_the_owner_is_answered_where_the_stranger_is_not(people: People, admin: Client) -> None:
    """Without this, the test above would pass for a begat that answers nobody."""
    hidden = people.graph(fill(project(admin, "a", ann="OWNER"), "ann"))
    ann = people.person("ann")
    built = places.current()
    assert built.query_type is not None
    single = [name for name, field in built.query_type.fields.items() if set(field.args) == {"id"}]
    seen = set()
    for name in single:
        for id in hidden.values():
            answer = ann.send(f"query($id: ID!) {{ {name}(id: $id) {{ __typename }} }}", {"id": id})
            if answer["data"][name]:
                seen.add(name)
    assert seen >= set(single) - {"sourceTable"}


def lists(built: Any) -> list[str]:
    """The queries that answer with a list of what there is, without being told of what."""
    return [
        name
        for name, field in built.query_type.fields.items()
        if "nodes" in getattr(get_named_type(field.type), "fields", {})
        and not any(is_required_argument(argument) for argument in field.args.values())
    ]


def test_lists_and_counts_hold_what_is_in_ones_own_projects_and_nothing_else(people: People, admin: Client) -> None:
    first: Ids = people.graph(fill(project(admin, "a", ann="OWNER"), "ann"))
    second: Ids = people.graph(fill(project(admin, "b", bob="OWNER"), "bob"))
    bob, carl = people.person("bob"), people.person("carl")
    seen: set[str] = set()
    for name in set(lists(places.current())) - {"sourceTables"}:
        document = f"{{ {name}(first: 1000) {{ nodes {{ id }} totalCount }} }}"
        mine, nobodys = bob.ask(document)[name], carl.ask(document)[name]
        ids = {node["id"] for node in mine["nodes"]}
        assert ids <= set(second.values()), name
        assert mine["totalCount"] == len(ids), name
        assert nobodys == {"nodes": [], "totalCount": 0}, name
        everybodys = {node["id"] for node in admin.ask(document)[name]["nodes"]}
        assert not ids or name == "bulkJobs" or everybodys & set(first.values()), name
        seen |= ids
    assert {"project", "SHEET", "QaPair", "BulkJob", "Evaluation"} <= {
        sort for sort, id in second.items() if id in seen
    }


def test_nothing_that_a_viewer_is_shown_names_what_is_out_of_his_sight(people: People, admin: Client) -> None:
    """Not in states, histories, definitions and records either, which are kept as they were written."""
    hidden: Ids = people.graph(fill(project(admin, "a", ann="VIEWER"), "ann"))
    mixed: Ids = people.graph(fill(project(admin, "b", bob="VIEWER"), "bob", of=hidden))
    built, bob = places.current(), people.person("bob")
    assert built.query_type is not None
    seen = Counter[str]()
    for name, field in built.query_type.fields.items():
        if set(field.args) != {"id"} or isinstance(get_named_type(field.type), GraphQLInterfaceType):
            continue
        document = f"query($id: ID!) {{ {name}(id: $id) {places.whole(field.type)} }}"
        for id in mixed.values():
            owners, viewers = admin.send(document, {"id": id}), bob.send(document, {"id": id})
            if viewers["data"][name] is None:
                continue
            assert "errors" not in owners, owners
            assert "errors" not in viewers, viewers
            for foreign in hidden.values():
                assert foreign not in json.dumps(viewers), (name, viewers)
                seen[name] += foreign in json.dumps(owners)
    assert +seen == seen
    assert len(seen) > 12


def test_a_viewers_answer_is_the_owners_answer_filtered(people: People, admin: Client) -> None:
    for name, person in (("a", "ann"), ("b", "bob"), ("c", "ann")):
        people.graph(fill(project(admin, name, **{person: "VIEWER"}), person))
    query = "{ assets(first: 1000, orderBy: NAME_DESC) { nodes { id name project { name } } } }"
    all_of_it = admin.ask(query)["assets"]["nodes"]
    for person, names in (("ann", {"a", "c"}), ("bob", {"b"})):
        expected = [node for node in all_of_it if node["project"]["name"] in names]
        assert people.person(person).ask(query)["assets"]["nodes"] == expected
