"""What feedback adds up to: by version, over time, and what it says of accuracy; nothing is null, never zero."""

from __future__ import annotations

from typing import Any

import pytest
from scipy.stats import binomtest

from begat.core import times
from tests.api_client import Client
from tests.conftest import Database
from tests.kinds.answered import Answered, endpoint

SUMMARY = """query($id: ID!, $model: ID!, $since: DateTime, $until: DateTime) {
  endpoint(id: $id) { feedbackSummary(since: $since, until: $until) {
    total positive negative corrections rate low high
    byModelVersion { modelVersion { id number } total positive negative rate low high }
    byEndpointVersion { endpointVersion { id number } total positive negative }
  } }
  modelVersion(id: $model) { feedbackSummary(since: $since, until: $until) { total positive negative rate } }
}"""
TREND = """query($id: ID!, $since: DateTime, $until: DateTime, $bucket: Bucket) {
  endpoint(id: $id) { feedbackTrend(since: $since, until: $until, bucket: $bucket) {
    at total positive negative rate byModelVersion { modelVersion { id } total } } } }"""
ACCURACY = """query($id: ID!, $since: DateTime, $until: DateTime, $bucket: Bucket) {
  endpoint(id: $id) { accuracy(since: $since, until: $until, bucket: $bucket) {
    accuracy judged requests coverage
    byModelVersion { modelVersion { id } accuracy judged requests coverage }
    buckets { at accuracy judged requests coverage byModelVersion { modelVersion { id } accuracy } } } } }"""
NOTHING: dict[str, Any] = {
    "accuracy": None,
    "judged": 0,
    "requests": 0,
    "coverage": None,
    "byModelVersion": [],
    "buckets": [],
}


@pytest.fixture
def live(database: Database, api: Client) -> Answered:
    """An endpoint whose traffic two model versions share."""
    one = endpoint(database)
    one.deployed(90, 10)
    return one


def say(api: Client, **input: Any) -> None:
    """Feedback that must be taken."""
    api.done("Feedback", input=input)


def test_every_feedback_is_counted_for_the_version_that_answered(api: Client, live: Answered) -> None:
    first, second = live.models
    empty = api.ask(SUMMARY, id=live.id, model=first)["endpoint"]["feedbackSummary"]
    assert (empty["total"], empty["rate"], empty["low"], empty["byModelVersion"]) == (0, None, None, [])
    requests = [live.asked(["card?"], ["card"], model=n % 3 == 0) for n in range(9)]
    live.deployed(0, 100)
    requests += [live.asked(["card?"], ["card"], model=1) for _ in range(3)]
    for n, request in enumerate(requests):
        say(api, requestId=request, rating=("POSITIVE", "NEGATIVE")[n % 4 == 0])
    say(api, requestId=requests[0], correction="cash", by="ann")
    found = api.ask(SUMMARY, id=live.id, model=second)
    summary = found["endpoint"]["feedbackSummary"]
    expected = binomtest(9, 12).proportion_ci(method="wilson")
    assert (summary["total"], summary["positive"], summary["negative"], summary["corrections"]) == (13, 9, 3, 1)
    assert (summary["rate"], summary["low"]) == (0.75, pytest.approx(expected.low))
    assert summary["high"] == pytest.approx(expected.high)
    parts = {one["modelVersion"]["id"]: one for one in summary["byModelVersion"]}
    assert (parts[first]["positive"], parts[first]["negative"], parts[first]["total"]) == (4, 2, 6)
    assert (parts[second]["positive"], parts[second]["negative"], parts[second]["total"]) == (5, 1, 7)
    versions = [(one["endpointVersion"]["number"], one["total"]) for one in summary["byEndpointVersion"]]
    assert versions == [(1, 10), (2, 3)]
    assert found["modelVersion"]["feedbackSummary"] == {"total": 7, "positive": 5, "negative": 1, "rate": 5 / 6}
    # The same numbers as the list's.
    for model in live.models:
        where = {"endpointId": live.id, "modelVersionId": model}
        assert api.run("Feedbacks", where=where, first=0)["totalCount"] == parts[model]["total"]
    assert (
        api.ask(SUMMARY, id=live.id, model=first, until=times.later(-60))["endpoint"]["feedbackSummary"]["total"] == 0
    )


def test_a_trend_cuts_it_by_the_time_at_which_it_was_said(api: Client, live: Answered) -> None:
    for n in range(3):
        say(api, requestId=live.asked(["card?"], ["card"], model=n % 2), rating="POSITIVE" if n else "NEGATIVE")
    (bucket,) = api.ask(TREND, id=live.id, bucket="DAY")["endpoint"]["feedbackTrend"]
    assert bucket["at"].endswith("T00:00:00.000Z")
    assert (bucket["total"], bucket["positive"], bucket["negative"], bucket["rate"]) == (3, 2, 1, pytest.approx(2 / 3))
    assert {one["modelVersion"]["id"]: one["total"] for one in bucket["byModelVersion"]} == dict(
        zip(live.models, (2, 1), strict=True)
    )
    past = {"since": "2026-01-01T00:00:00Z", "until": "2026-01-09T00:00:00Z"}
    assert api.ask(TREND, id=live.id, **past)["endpoint"]["feedbackTrend"] == []
    for wrong, code in (({**past, "bucket": "MINUTE"}, "LIMIT"), ({**past, "since": past["until"]}, "BAD_INPUT")):
        answer = api.send(TREND, {"id": live.id, **wrong})
        assert answer["errors"][0]["extensions"]["code"] == code


def test_accuracy_is_of_the_answers_that_somebody_judged_and_says_how_many_these_are(
    api: Client, live: Answered
) -> None:
    day = {"since": "2026-03-01T00:00:00.000Z", "until": "2026-03-02T00:00:00.000Z", "bucket": "HOUR"}
    assert api.ask(ACCURACY, id=live.id, **day)["endpoint"]["accuracy"] == NOTHING

    def asked(hour: int, model: int, *answers: str) -> str:
        return live.asked(["?"] * len(answers), answers, model=model, at=f"2026-03-01T{hour:02d}:30:00.000Z")

    one, two, three = asked(1, 0, "card", "cash"), asked(1, 1, "card"), asked(5, 0, "fee")
    for _ in range(4):
        asked(5, 0, "fee")
    unkept = live.asked(["?"], None, at="2026-03-01T05:45:00.000Z", kept=False)
    say(api, requestId=one, position=0, correction="card")  # equal: right
    say(api, requestId=one, position=1, rating="POSITIVE", correction="card")  # corrected: wrong, whatever the rating
    say(api, requestId=two, rating="POSITIVE")
    say(api, requestId=two, rating="NEGATIVE", by="ann")  # two disagree: half
    say(api, requestId=three, rating="NEGATIVE")
    say(api, requestId=unkept, correction="fee")  # to what, nobody knows
    say(api, requestId=three, comment="hm", by="bob")  # no verdict
    found = api.ask(ACCURACY, id=live.id, **day)["endpoint"]["accuracy"]
    assert (found["accuracy"], found["judged"]) == (pytest.approx((1 + 0 + 0.5 + 0) / 4), 4)
    assert (found["requests"], found["coverage"]) == (8, pytest.approx(3 / 8))
    parts = {part["modelVersion"]["id"]: part for part in found["byModelVersion"]}
    first, second = (parts[model] for model in live.models)
    assert (first["accuracy"], first["judged"], first["requests"]) == (pytest.approx(1 / 3), 3, 7)
    assert (second["accuracy"], second["coverage"]) == (0.5, 1.0)
    early, late = found["buckets"]
    assert (early["at"], early["accuracy"], early["requests"]) == ("2026-03-01T01:00:00.000Z", 0.5, 2)
    assert (late["accuracy"], late["judged"], late["coverage"]) == (0.0, 1, pytest.approx(1 / 6))
    whole = api.ask(ACCURACY, id=live.id, since=day["since"], until=day["until"])["endpoint"]["accuracy"]
    assert (whole["accuracy"], whole["coverage"], whole["buckets"]) == (found["accuracy"], found["coverage"], [])


def test_a_request_shows_what_was_said_of_it(api: Client, live: Answered) -> None:
    request, other = live.asked(["card?", "cash?"], ["card", "cash"]), live.asked(["card?"], ["card"])
    say(api, requestId=request, rating="POSITIVE")
    say(api, requestId=request, position=1, rating="NEGATIVE")
    query = "query($id: ID!) { endpoint(id: $id) { requests { nodes { requestId feedback { position rating } } } } }"
    nodes = api.ask(query, id=live.id)["endpoint"]["requests"]["nodes"]
    assert {node["requestId"]: node["feedback"] for node in nodes} == {
        request: [{"position": 0, "rating": "POSITIVE"}, {"position": 1, "rating": "NEGATIVE"}],
        other: [],
    }
