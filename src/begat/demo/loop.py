"""The demo's second half: the model is served, watched and improved, and what came of it goes back into the data.

Each step is left out where it was done before, as in `story`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from begat.core import times
from begat.demo import queries
from begat.demo.client import Client, DemoError
from begat.demo.story import (
    TAG,
    Show,
    Told,
    asked_live,
    decide,
    freeze,
    generate,
    made,
    promote,
    train,
    training_sheet,
)

T = TypeVar("T")

ENDPOINT = "banking-intents"
CHALLENGER_JOB = "Banking intents, challenger: words only"
IMPROVED_JOB = "Banking intents, with corrections"
CORRECTED = "Banking77 train pairs, corrected"
MONITOR = "Too many wrong answers"
WINDOW_SECONDS = 10
AT_ONCE = 8
PAGE = 200


@dataclass(frozen=True)
class Looped:
    """What the loop made: ids, and what the demo shows at the end."""

    endpoint: str
    improved: dict[str, Any]
    watched: dict[str, Any]
    backlog: list[dict[str, Any]]
    before: dict[str, Any]
    after: dict[str, Any]
    closed: dict[str, Any]
    corrected: str


async def loop(client: Client, told: Told, data: Path, show: Show) -> Looped:
    """Deploys, asks, judges, watches, mends and proves it. Raises DemoError."""
    sheets = told.training_sheets
    measured_on = [sheets["test"], sheets["held out"]]
    challenger = await train(
        client, CHALLENGER_JOB, sheets["train"], measured_on, show, hyperparameters={"char_ngram_max": 2}
    )
    endpoint = await _deploy(client, told.version["id"], challenger["id"], show)
    monitor = await _watch(client, endpoint)
    questions = asked_live(data / "test.csv")
    await _ask(client, endpoint, questions, show)
    await _judge(client, endpoint, dict(questions), show)
    await _alarmed(client, monitor, show)
    watched = await client.ask(queries.WATCHED, id=endpoint)
    task = await _task(client, endpoint, monitor, show)
    backlog = await client.ask(queries.BACKLOG)
    corrected = await _corrected(client, told, endpoint, show)
    improved = await train(client, IMPROVED_JOB, corrected, measured_on, show)
    before, after = _held_out(told.version), _held_out(improved)
    await promote(client, improved, "It learned from its corrections.")
    await _shift(client, endpoint, improved["id"], show)
    closed = await _close(client, task, improved["id"], before, after, show)
    return Looped(endpoint, improved, watched, backlog["nodes"], before, after, closed, corrected)


async def _deploy(client: Client, champion: str, challenger: str, show: Show) -> str:
    node = await made(
        client,
        "ENDPOINT",
        queries.DEPLOY,
        "demo-endpoint",
        name=ENDPOINT,
        traffic=[{"modelVersionId": champion, "percent": 90}, {"modelVersionId": challenger, "percent": 10}],
    )
    await _live(client, str(node["id"]))
    show("Deployed: the champion 90 %, a challenger 10 %", 1, 1)
    return str(node["id"])


async def _live(client: Client, endpoint: str) -> None:
    """Waits until what was deployed last is live."""

    def settled(found: dict[str, Any]) -> bool:
        return bool(found["statusName"] != "DEPLOYING")

    found = await client.follow(queries.ENDPOINT, settled, id=endpoint)
    if found["statusName"] != "ONLINE":
        raise DemoError(f"The endpoint is {found['statusName'].lower()}: {found['health']['reason']}")


async def _ask(client: Client, endpoint: str, questions: Sequence[tuple[str, str]], show: Show) -> None:
    """Sends the questions that the log does not hold yet."""
    known = {_question(request) async for request in _requests(client, endpoint)}
    rest = [question for question, _ in questions if question not in known]

    async def one(question: str) -> None:
        await client.ask(queries.ASK, id=endpoint, inputs=[{"text": question}])

    await _each(rest, len(questions), one, "Real questions asked", show)


async def _judge(client: Client, endpoint: str, answers: dict[str, str], show: Show) -> None:
    """Feedback on every answer that has none yet, from the known answers: the right one where it was wrong."""
    asked = [request async for request in _requests(client, endpoint) if _question(request) in answers]
    rest = [request for request in asked if not request["feedback"]]

    async def one(request: dict[str, Any]) -> None:
        right = answers[_question(request)]
        if request["output"][0]["answer"] == right:
            said = {"rating": "POSITIVE"}
        else:
            said = {"rating": "NEGATIVE", "correction": right}
        await client.ask(queries.FEEDBACK, input={"requestId": request["requestId"], **said})

    await _each(rest, len(asked), one, "Feedback from the known answers", show)


async def _each(rest: Sequence[T], total: int, work: Callable[[T], Awaitable[None]], step: str, show: Show) -> None:
    """Does what is left of ``total``, a few at once, and shows how far it is."""
    done = total - len(rest)
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(item: T) -> None:
        nonlocal done
        async with gate:
            await work(item)
        done += 1
        show(step, done, total)

    await asyncio.gather(*(one(item) for item in rest))
    show(step, total, total)


def _question(request: dict[str, Any]) -> str:
    """The text that was asked and answered; empty where the request is of another form, as people ask who try it."""
    inputs = request["input"] if request["output"] else None
    text = inputs[0].get("text") if inputs and len(inputs) == 1 else None
    return text if isinstance(text, str) else ""


async def _requests(client: Client, endpoint: str) -> AsyncIterator[dict[str, Any]]:
    """Every request that the log holds, newest first."""
    after = None
    while True:
        page = (await client.ask(queries.REQUESTS, id=endpoint, first=PAGE, after=after))["requests"]
        for request in page["nodes"]:
            yield request
        if not page["pageInfo"]["hasNextPage"]:
            return
        after = page["pageInfo"]["endCursor"]


async def _watch(client: Client, endpoint: str) -> str:
    """A monitor over the share of wrong answers."""
    node = await made(
        client,
        "MONITOR",
        queries.MONITOR_CREATE,
        "demo-monitor",
        name=MONITOR,
        endpointId=endpoint,
        metric="NEGATIVE_FEEDBACK",
        above=0.05,
        window=WINDOW_SECONDS,
        minSamples=20,
    )
    return str(node["id"])


async def _alarmed(client: Client, monitor: str, show: Show) -> None:
    """Waits until the monitor has looked at all that was said."""
    judged = times.now()

    def looked(found: dict[str, Any]) -> bool:
        return bool(found["statusName"] != "ACTIVE" or (found["lastAt"] or "") >= judged)

    found = await client.follow(queries.MONITOR, looked, id=monitor)
    show(f"The monitor of wrong answers is {found['statusName'].lower()}", 1, 1)


async def _task(client: Client, endpoint: str, monitor: str, show: Show) -> str:
    """What the corrections suggest, taken up, and a task of the monitor's alarm; the monitor's is returned."""
    suggested = await client.ask(queries.SUGGESTIONS, id=endpoint)
    for suggestion in suggested["nodes"][:3]:
        if suggestion["statusName"] == "OPEN":
            await client.ask(queries.SUGGESTION_ACCEPT, key=suggestion["key"])
    made = await client.ask(
        queries.TASK_CREATE,
        input={
            "name": "Learn from the corrections",
            "raisedFrom": [monitor],
            "priority": "HIGH",
            "tags": [TAG],
            "idempotencyKey": "demo-task",
        },
    )
    show("Improvement tasks, ranked by impact", 1, 1)
    return str(made["node"]["id"])


async def _corrected(client: Client, told: Told, endpoint: str, show: Show) -> str:
    """The training questions once more, with the corrections as further pairs, decided and frozen."""
    id, status = await training_sheet(client, CORRECTED, told.sheets["train"], told.template, "demo-corrected")
    status = await generate(client, id, status, "The training pairs once more", show)
    if status == "IN_REVIEW":
        corrections = await client.ask(queries.CORRECTIONS, id=endpoint)
        await client.ask(queries.ADD_FROM_FEEDBACK, id=id, endpoint=endpoint, count=corrections["totalCount"])
        await decide(client, id, "Reviews, corrections among them", show)
    await freeze(client, id, status)
    show("The corrections are frozen with the other pairs", 1, 1)
    return id


async def _shift(client: Client, endpoint: str, version: str, show: Show) -> None:
    """All traffic to the improved version."""
    found = await client.ask(queries.ENDPOINT, id=endpoint)
    served = [entry["modelVersion"]["id"] for entry in (found["version"] or {"traffic": []})["traffic"]]
    if served != [version]:
        traffic = [{"modelVersionId": version, "percent": 100}]
        await client.ask(queries.REDEPLOY, id=endpoint, input={"traffic": traffic})
        await _live(client, endpoint)
    show("All traffic goes to the improved version", 1, 1)


async def _close(
    client: Client, task: str, resolved_by: str, before: dict[str, Any], after: dict[str, Any], show: Show
) -> dict[str, Any]:
    """Closes the task with its evidence; where the measure did not rise, with that as the reason."""
    found: dict[str, Any] = await client.ask(queries.TASK, id=task)
    if found["statusName"] != "CLOSED":
        evidence: dict[str, Any] = {"reason": "The held-out accuracy did not rise."}
        if after["value"] > before["value"]:
            evidence = {"resolvedBy": resolved_by, "before": before["id"], "after": after["id"]}
        await client.ask(queries.TASK_CLOSE, ids=[task], evidence=evidence)
        found = await client.ask(queries.TASK, id=task)
    show("The task is closed with its evidence", 1, 1)
    return found


def _held_out(version: dict[str, Any]) -> dict[str, Any]:
    """The accuracy on the questions that nobody has sent to the endpoint: the smaller one of the two frozen sets."""
    found = [one for one in version["evaluations"] if one["metric"] == "accuracy"]
    return min(found, key=lambda one: one["sampleSize"])
