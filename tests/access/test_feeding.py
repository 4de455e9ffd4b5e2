"""Which table feeds which, as jobs say it: what each said, says again and takes back."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.access.conftest import People
from tests.access.jobs import DB, Job, fed_by

from begat.core import times
from begat.kinds.source_table.acts import id_of


def test_a_job_takes_back_only_what_itself_said(sender: tuple[People, str, str]) -> None:
    people, token, _ = sender
    load, copy = Job(people.address, token, "load"), Job(people.address, token, "copy")
    load.say(load.run(), "COMPLETE", ("a", "b"), ("c",))
    copy.say(copy.run(), "COMPLETE", ("a", "b"), ("c",))
    again = load.run()
    load.say(again, "RUNNING", ("b",), ("c", "d"), 5)
    both = ["airflow/copy", "airflow/load"]
    assert fed_by(people) == {("c", "a"): both, ("c", "b"): both, ("d", "b"): ["airflow/load"]}, "a run that goes on"
    load.say(again, "COMPLETE", (), (), 6)
    expected = {("c", "a"): ["airflow/copy"], ("c", "b"): both, ("d", "b"): ["airflow/load"]}
    assert fed_by(people) == expected
    load.say(again, "COMPLETE", (), (), 6)  # sent again, as after a lost answer
    failed, silent, late = load.run(), load.run(), load.run()
    load.say(failed, "FAIL", ("z",), ("c",), 7)
    load.say(silent, "COMPLETE", (), (), 8)
    load.say(late, "COMPLETE", ("b",), ("c",), 2)  # a run from before that one, told late
    assert fed_by(people) == expected


def test_a_run_is_over_also_where_what_names_its_tables_comes_after_its_end(sender: tuple[People, str, str]) -> None:
    people, token, _ = sender
    load = Job(people.address, token, "load")
    load.say(load.run(), "COMPLETE", ("a", "b"), ("c",))
    second, failed = load.run(), load.run()
    load.say(second, "COMPLETE", (), (), 2)
    load.say(second, "START", ("b",), ("c",), 1)
    assert fed_by(people) == {("c", "b"): ["airflow/load"]}
    load.say(failed, "FAIL", ("z",), ("c",), 4)
    load.say(failed, "START", ("a", "z"), ("c",), 3)
    assert fed_by(people) == {("c", "b"): ["airflow/load"]}


def test_jobs_whose_namespaces_and_names_read_alike_together_are_two(sender: tuple[People, str, str]) -> None:
    people, token, _ = sender
    one, other = Job(people.address, token, "b", "team/a"), Job(people.address, token, "a/b", "team")
    one.say(one.run(), "COMPLETE", ("x",), ("y",))
    other.say(other.run(), "COMPLETE", ("z",), ("y",), 1)
    assert fed_by(people) == {("y", "x"): ["team/a/b"], ("y", "z"): ["team/a/b"]}


def test_a_run_that_says_it_is_of_the_future_is_of_the_moment_when_it_is_told(sender: tuple[People, str, str]) -> None:
    people, token, _ = sender
    load = Job(people.address, token, "load")
    load.say(load.run(), "COMPLETE", ("a", "b"), ("c",), year=2999)
    load.say(load.run(), "COMPLETE", ("b",), ("c",), year=2999)
    assert fed_by(people) == {("c", "b"): ["airflow/load"]}


def test_an_old_event_that_comes_again_does_not_bring_back_what_was_taken_back(sender: tuple[People, str, str]) -> None:
    people, token, _ = sender
    load = Job(people.address, token, "load")
    first, second = load.run(), load.run()
    load.say(first, "COMPLETE", ("a", "b"), ("c",), 1)
    load.say(second, "COMPLETE", ("b", "d"), ("c",), 3)
    now = {("c", "b"): ["airflow/load"], ("c", "d"): ["airflow/load"]}
    assert fed_by(people) == now
    load.say(first, "COMPLETE", ("a", "b"), ("c",), 1)
    load.say(load.run(), "COMPLETE", ("b", "e"), ("c",), 2)  # a run from between the two, told late
    load.describe(("a", "b"), ("c",), 2)
    assert fed_by(people) == now
    load.say(second, "START", ("e",), ("c",), 0)  # the beginning of the latest run, told after its end
    assert fed_by(people) == {**now, ("c", "e"): ["airflow/load"]}
    load.describe(("a",), ("c",), 4)
    assert fed_by(people) == {**now, ("c", "a"): ["airflow/load"], ("c", "e"): ["airflow/load"]}


def test_what_was_taken_back_is_still_in_answers_as_of_before(sender: tuple[People, str, str]) -> None:
    people, token, _ = sender
    load, api = Job(people.address, token, "load"), people.client(token)

    def up(**filter: str) -> list[str]:
        walk = api.run("Upstream", id=id_of(f"{DB}/c"), depth=3, filter=filter)["upstream"]
        assert {edge["relation"] for edge in walk["nodes"]["edges"]} <= {"FED_BY"}
        assert len(walk["nodes"]["edges"]) == len(walk["nodes"]["nodes"])
        return sorted(hit["asset"]["name"] for hit in walk["nodes"]["nodes"])

    said: list[tuple[str, list[str]]] = []
    for second, inputs in enumerate((("a", "b"), ("b",), ("a", "b"), ("b",))):
        load.say(load.run(), "COMPLETE", inputs, ("c",), second)
        said.append((times.now(), list(inputs)))
        time.sleep(0.002)  # so that each moment is before what comes next
        assert up() == list(inputs)
    for moment, names in said:
        assert up(asOf=moment) == names


def test_pages_that_were_begun_before_something_was_taken_back_show_it(sender: tuple[People, str, str]) -> None:
    people, token, _ = sender
    load, api = Job(people.address, token, "load"), people.client(token)
    lists = {
        "usedBy(first: 1, after: $after) { totalCount edges { node { name } } pageInfo { endCursor } }": "a",
        "usedBy(first: 1, after: $after) { edges { node { name } } pageInfo { endCursor } }": "a",
        "downstream { nodes(first: 1, after: $after) { nodes { asset { name } } pageInfo { endCursor } } }": "a",
        """upstream { nodes(first: 1, after: $after) {
          totalCount nodes { asset { name } } pageInfo { endCursor } } }""": "c",
        """upstream { completeness { complete } nodes(first: 1, after: $after) {
          nodes { asset { name } } edges { to } pageInfo { endCursor } } }""": "c",
    }

    def page(list: str, after: str | None = None) -> tuple[set[str], str]:
        query = f"query ($id: ID!, $after: String) {{ asset(id: $id) {{ {list} }} }}"
        (found,) = api.ask(query, id=id_of(f"{DB}/{lists[list]}"), after=after)["asset"].values()
        found = found.get("nodes", found)
        users = list.startswith("usedBy")
        hits = [edge["node"] for edge in found["edges"]] if users else [hit["asset"] for hit in found["nodes"]]
        return {hit["name"] for hit in hits}, found["pageInfo"]["endCursor"]

    load.say(load.run(), "COMPLETE", ("a", "b"), ("c", "d"), 1)
    first = {one: page(one) for one in lists}
    time.sleep(0.002)  # so that it is taken back later than these pages were asked for
    load.say(load.run(), "COMPLETE", ("e",), ("c",), 2)
    for one, (shown, cursor) in first.items():
        expected = {"c", "d"} if lists[one] == "a" else {"a", "b"}
        assert shown | page(one, cursor)[0] == expected, one
        assert page(one)[0] == (set() if lists[one] == "a" else {"e"}), one


def test_what_is_said_again_is_seen_again_and_known_since_the_first_time(sender: tuple[People, str, str]) -> None:
    people, token, _ = sender
    load = Job(people.address, token, "load")

    async def told(graph: Any) -> Any:
        return await graph.read("MATCH ()-[e:FED_BY]->() RETURN [e.since, e.seen, e.source, e.by]")

    run = load.run()
    load.say(run, "START", ("a",), ("b",))
    first = people.graph(told)
    load.say(run, "COMPLETE", ("a",), ("b",), 1)
    second = people.graph(told)
    assert (first[0], first[2:]) == (second[0], second[2:])
    assert first[1] < second[1]
    assert first[2:] == ["airflow/load", "eddy"]


def test_senders_at_the_same_moment_leave_one_edge_for_each_pair_and_source(sender: tuple[People, str, str]) -> None:
    people, token, _ = sender
    jobs = [Job(people.address, token, name) for name in ("load", "copy") for _ in range(3)]

    def send(job: Job) -> None:
        run = job.run()
        job.say(run, "START", ("a", "b"), ("c",))
        job.say(run, "COMPLETE", ("b", "c"), ("d",), 1)

    with ThreadPoolExecutor(len(jobs)) as pool:
        list(pool.map(send, jobs))
    both = ["airflow/copy", "airflow/load"]
    pairs = [(output, input) for output in "cd" for input in "abc" if output != input]
    assert fed_by(people) == dict.fromkeys(pairs, both)


def test_a_table_tells_what_feeds_it_and_who_says_so(sender: tuple[People, str, str]) -> None:
    people, token, _ = sender
    load, copy = Job(people.address, token, "load"), Job(people.address, token, "copy")
    started = times.now()
    load.say(load.run(), "COMPLETE", ("a", "b"), ("c",))
    load.say(load.run(), "COMPLETE", ("a",), ("c",), 1)
    copy.say(copy.run(), "COMPLETE", ("a", "d"), ("c", "d"))
    query = """query ($c: ID!, $d: ID!, $first: Int, $after: String) {
      c: sourceTable(id: $c) { fedBy(first: $first, after: $after) {
        nodes { table { name } source since seenAt } totalCount pageInfo { hasNextPage endCursor } } }
      d: sourceTable(id: $d) { fedBy { nodes { table { name } source } } } }"""
    vera = people.person("vera")
    ends = {name: id_of(f"{DB}/{name}") for name in "cd"}
    told, after = [], None
    for place in range(3):
        answer = vera.ask(query, **ends, first=1, after=after)
        page = answer["c"]["fedBy"]
        assert page["totalCount"] == 3
        assert page["pageInfo"]["hasNextPage"] == (place < 2)
        told += page["nodes"]
        after = page["pageInfo"]["endCursor"]
    said = sorted((feed["source"], feed["table"]["name"]) for feed in told)
    assert said == [("airflow/copy", "a"), ("airflow/copy", "d"), ("airflow/load", "a")]
    for feed in told:
        assert started < feed["since"] <= feed["seenAt"] < times.now()
        assert (feed["since"] < feed["seenAt"]) == (feed["source"] == "airflow/load"), "it said so twice"
    assert answer["d"]["fedBy"]["nodes"] == [{"table": {"name": "a"}, "source": "airflow/copy"}]
    nothing = vera.ask(query, c=id_of(f"{DB}/a"), d=id_of("local.test.unknown"))
    assert (nothing["c"]["fedBy"]["nodes"], nothing["d"]) == ([], None)
    for cursor in ("", "x", "é", f"{after} ", f"{after}".partition(" ")[0]):
        (error,) = vera.send(query, {**ends, "after": cursor})["errors"]
        assert error["extensions"]["code"] == "BAD_INPUT"
        assert "cursor" in error["message"]
