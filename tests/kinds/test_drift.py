"""Drift over HTTP: a real model behind an endpoint, asked first as it was measured and then otherwise."""

from __future__ import annotations

import csv
import io
import random
from typing import Any

import pytest

from begat.core import times
from begat.kinds.monitor import reference
from tests.api_client import Client
from tests.kinds import generated
from tests.kinds.served import ask, deployed
from tests.kinds.test_suggestion import ACCEPT, SUGGESTIONS

TOPICS = {
    "card": "where is my new card number {n}",
    "cash": "the machine kept my cash on day {n}",
    "fee": "why did you take a fee in week {n}",
    "top_up": "my top up of account {n} did not work",
}
PROMPT = "{{ text }} ({{ channel }}{{ '' if amount else ', for nothing' }})"
"""Whatever the amount is, the model reads the same: its answers and scores do not drift with it."""

DRIFT = """query($id: ID!, $since: DateTime, $until: DateTime, $reference: DriftReference, $baseline: DateRange) {
  endpoint(id: $id) { drift(since: $since, until: $until, reference: $reference, baseline: $baseline) {
    verdict reference referenceSize sampleSize since until
    fields { field method statistic threshold pValue verdict sampleSize referenceSize detail column sheet { id } }
  } }
}"""
DRY_RUN = """query($id: ID!, $since: DateTime, $until: DateTime) { monitor(id: $id) {
  dryRun(since: $since, until: $until) { windows { value samples verdict detail } fired { value } }
} }"""


def inputs(seed: int, count: int = 200, **more: Any) -> list[dict[str, Any]]:
    """What the bank is asked in a natural mix; ``more`` replaces fields."""
    noise = random.Random(seed)
    return [
        {
            "text": TOPICS[intent].format(n=noise.randrange(10_000)),
            "channel": noise.choice(["app", "web", "web"]),
            "amount": round(noise.gauss(100, 20), 2),
            "intent": intent,
            **{name: value(noise) if callable(value) else value for name, value in more.items()},
        }
        for intent in noise.choices(sorted(TOPICS), k=count)
    ]


def trained(api: Client) -> tuple[str, str]:
    """A model version that learned 300 of 500 rows and was measured on 200, and the sheet of these."""
    rows = [{"id": f"r{place}", **one} for place, one in enumerate(inputs(1, 500))]
    out = io.StringIO()
    table = csv.DictWriter(out, list(rows[0]))
    table.writeheader()
    table.writerows(rows)
    name = api.table("bank", out.getvalue())
    sheet = str(api.done("SheetCreate", input={"name": "bank", "table": name, "itemKey": "id"})["node"]["id"])
    made = generated.create(api, sheet, generated.template(api, PROMPT))
    api.done("TrainingSheetGenerate", ids=[made])
    assert generated.finished(api, made)["statusName"] == "IN_REVIEW"
    assert not generated.failed(api, made)
    assert not api.ask(generated.DECIDE, sheet=made, count=500)["qaPairApprove"]["errors"]
    api.done("TrainingSheetApprove", ids=[made])
    wanted = {"name": "job", "trainingSheetId": made, "model": "bank", "trainer": "naive_bayes"}
    job = api.done("Train", input={**wanted, "split": {"train": 0.6, "validation": 0, "test": 0.4}})["node"]["id"]
    ended = api.wait(
        "query($id: ID!) { trainingJob(id: $id) { statusName produced { id } } }",
        lambda data: data["trainingJob"]["statusName"] in ("SUCCEEDED", "FAILED"),
        id=job,
    )
    return str(ended["trainingJob"]["produced"]["id"]), sheet


def asked(api: Client, endpoint: str, content: list[dict[str, Any]]) -> tuple[str, str]:
    """Asks all of it; from when to when."""
    since = times.now()
    ask(api, endpoint, *[{name: value for name, value in one.items() if name != "intent"} for one in content])
    return since, times.later(0.001)


def drifted(found: dict[str, Any]) -> set[str]:
    """The fields that drifted."""
    return {one["field"] for one in found["fields"] if one["verdict"] == "DRIFT"}


@pytest.mark.slow
def test_what_is_asked_otherwise_is_found_and_traced_to_its_column(api: Client) -> None:
    model, sheet = trained(api)
    endpoint = deployed(api, (model, 100))
    begun = times.now()
    usual = asked(api, endpoint, inputs(2))
    dear = asked(api, endpoint, inputs(3, amount=lambda noise: round(noise.gauss(150, 20), 2)))
    # A few known words among them, so that what was trained has one answer to all, whichever rows it happened to see.
    french = "where is my new card number: où est ma carte bleue s'il vous plaît"
    strange = asked(api, endpoint, inputs(4, channel="phone", text=french))

    def drift(window: tuple[str, str], **more: Any) -> Any:
        return api.ask(DRIFT, id=endpoint, since=window[0], until=window[1], **more)["endpoint"]["drift"]

    found = drift(usual)
    assert (found["verdict"], found["reference"], found["referenceSize"]) == ("STABLE", "EVALUATION", 200)
    assert found["sampleSize"] == 200
    methods = {(one["field"], one["method"]) for one in found["fields"]}
    text = {f"text.{part}" for part in ("characters", "words", "unseenWords")}
    numbers = {"amount", "answerScore", *text}
    assert methods == {(field, way) for field in numbers for way in ("KOLMOGOROV_SMIRNOV", "PSI")} | {
        (field, way) for field in ("answer", "channel") for way in ("CHI_SQUARE", "LARGEST_SHARE", "JENSEN_SHANNON")
    }
    by_field = {one["field"]: one for one in found["fields"]}
    assert {field: one["column"] for field, one in by_field.items() if one["column"]} == {
        **dict.fromkeys(text, "text"),
        "amount": "amount",
        "channel": "channel",
    }
    assert by_field["amount"]["sheet"] == {"id": sheet}
    assert all((one["pValue"] is None) is (one["method"] in ("PSI", "JENSEN_SHANNON")) for one in found["fields"])

    assert drifted(drift(dear)) == {"amount"}
    assert drifted(drift(dear, reference="TRAINING")) == {"amount"}
    assert drifted(drift(usual, reference="TRAINING")) == set()
    other = drift(strange)
    assert {"channel", "text.unseenWords", "text.words", "answer"} <= drifted(other)
    assert "amount" not in drifted(other)
    assert {one["detail"] for one in other["fields"] if one["method"] == "LARGEST_SHARE"} >= {"phone"}

    against = {"from": usual[0], "to": usual[1]}
    assert drift(dear, baseline=against)["reference"] == "BASELINE"
    assert drifted(drift(dear, baseline=against)) == {"amount"}
    assert drifted(drift(usual, baseline=against)) == set()

    nobody = drift((times.later(-100), times.later(-50)))
    assert (nobody["verdict"], nobody["sampleSize"]) == ("INSUFFICIENT_DATA", 0)
    for bad, field in (
        ({"reference": "BASELINE"}, "baseline"),
        ({"reference": "TRAINING", "baseline": against}, "reference"),
    ):
        (error,) = api.send(DRIFT, {"id": endpoint, **bad})["errors"]
        assert error["extensions"]["code"] == "BAD_INPUT", error
        assert field in str(error)

    # What is computed of frozen rows is kept: their files may be asked no more.
    assert any(model in str(key) for key in reference._prepared)
    input = {"name": "watch", "endpointId": endpoint, "metric": "DRIFT", "above": 0, "window": 60}
    monitor = api.done("MonitorCreate", input=input)["node"]["id"]
    around = {"since": times.later(-60, begun), "until": times.later(120)}
    windows = api.ask(DRY_RUN, id=monitor, **around)["monitor"]["dryRun"]
    assert sum(one["samples"] for one in windows["windows"]) == 600
    assert any(one["value"] and one["verdict"] == "BREACH" for one in windows["windows"])
    assert windows["fired"]
    shown = api.run("Endpoint", id=endpoint, since=times.later(-3_600))
    assert shown["drift"]["verdict"] == "DRIFT"

    # What drifted is suggested, with its figures; a task of it is of all requests.
    found = api.ask(SUGGESTIONS, id=endpoint, kinds=["DRIFTED_FIELD"])["improvementSuggestions"]
    assert found["skipped"] == []
    fields = {one["figures"]["field"]: one for one in found["nodes"]}
    assert {"channel", "amount"} <= set(fields)
    assert fields["channel"]["title"].startswith("channel has drifted: ")
    assert all(0 < one["severity"] <= 1 and one["count"] == 600 for one in fields.values())
    accepted = api.ask(ACCEPT, key=fields["channel"]["key"])["improvementSuggestionAccept"]["node"]
    assert (accepted["raisedBy"], accepted["expectedImpact"]["affectedShare"]) == (["SUGGESTION"], 1.0)
