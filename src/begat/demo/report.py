"""What the demo shows at the end: what was measured, where a model and an answer come from, and where to look on."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.tree import Tree

from begat.demo import queries
from begat.demo.client import Client
from begat.demo.loop import Looped
from begat.demo.story import Told


async def show(client: Client, told: Told, looped: Looped, address: str, console: Console) -> None:
    """Prints it."""
    console.print()
    console.print(_tree_of_model(await client.ask(queries.LINEAGE, id=told.version["id"])))
    console.print()
    console.print(_watched(looped.watched))
    console.print(_drift(looped.watched["drift"]))
    console.print()
    console.print(_backlog(looped.backlog))
    console.print()
    console.print(_gain(looped), soft_wrap=True)
    console.print()
    tree, request = await _around(client, looped)
    console.print(tree)
    console.print()
    console.print(f"See where the live endpoint comes from: {address}/lineage/{looped.endpoint}", soft_wrap=True)
    console.print("Look around in GraphiQL:")
    for title, (query, variables) in _links(told, looped, request).items():
        console.print(f"  {title}:", markup=False)
        link = f"{address}/graphql?query={quote(query)}&variables={quote(json.dumps(variables))}"
        console.print(f"    {link}", markup=False, soft_wrap=True, highlight=False)


def _tree_of_model(found: dict[str, Any]) -> Tree:
    lineage = found["lineage"]
    tree = Tree(f"[bold]{found['name']}[/bold], the first champion", guide_style="dim")
    for evaluation in found["evaluations"]:
        tree.add(f"{evaluation['metric']} {evaluation['value']:.4f} on {evaluation['sampleSize']} test questions")
    job = tree.add(f"trained by {lineage['job']['name']}")
    for snapshot, sheet in zip(lineage["snapshots"], lineage["trainingSheets"], strict=False):
        made = job.add(f"on {sheet['name']}, frozen as {snapshot['sha256'][:16]}...")
        made.add(f"answered by {lineage['labels']['totalCount']} canonical labels first")
        for template in lineage["templateVersions"]:
            made.add(f"prompted by {template['template']['name']}, version {template['number']}")
        for version in lineage["sheetVersions"]:
            source = made.add(f"built from {version['sheet']['name']}, version {version['number']}")
            for table in lineage["tables"]:
                source.add(f"which reads {table['fullName']}")
    return tree


def _watched(found: dict[str, Any]) -> Table:
    """What each version answered, and what was said of it."""
    metrics, latency = found["metrics"], found["metrics"]["latency"]
    title = f"{found['name']}: {metrics['requests']} requests, {metrics['errors']} errors"
    if latency["p50"] is not None:
        title += f"; {latency['p50']:.1f} ms p50, {latency['p99']:.1f} ms p99"
    table = Table(title=title, title_justify="left")
    for name in ("answered by", "right", "wrong", "share wrong"):
        table.add_column(name)
    for row in found["feedbackSummary"]["byModelVersion"]:
        right, wrong = row["positive"], row["negative"]
        name = (row["modelVersion"] or {"name": "not known"})["name"]
        table.add_row(name, str(right), str(wrong), f"{wrong / (right + wrong):.1%}" if right + wrong else "no data")
    return table


def _drift(drift: dict[str, Any]) -> Table:
    table = Table(title=f"Drift: {drift['verdict']}", title_justify="left")
    for name in ("field", "method", "statistic", "threshold", "n", "verdict"):
        table.add_column(name)
    for field in drift["fields"]:
        shown = ["no data" if field[name] is None else f"{field[name]:.3f}" for name in ("statistic", "threshold")]
        table.add_row(field["field"], field["method"], *shown, str(field["sampleSize"]), field["verdict"])
    return table


def _backlog(tasks: list[dict[str, Any]]) -> Table:
    table = Table(title="The backlog, by impact", title_justify="left")
    for name in ("task", "status", "impact", "requests a day"):
        table.add_column(name)
    for task in tasks:
        impact = task["expectedImpact"] or {"score": None, "requestsPerDay": None}
        shown = [
            "no data" if value is None else f"{value:.2f}" for value in (impact["score"], impact["requestsPerDay"])
        ]
        table.add_row(task["name"], task["statusName"], *shown)
    return table


def _gain(looped: Looped) -> str:
    """Before and after on the frozen, held-out questions, and what the difference is worth."""
    before, after = looped.before, looped.after
    within = before["low"] <= after["value"] <= before["high"]
    return (
        f"Accuracy on {after['sampleSize']} held-out questions, which the endpoint never met: "
        f"{before['value']:.4f} before, {after['value']:.4f} after the corrections"
        f"{' (the difference is within the noise of this sample)' if within else ''}. "
        f"The task {looped.closed['name']!r} is {looped.closed['statusName']}."
    )


async def _around(client: Client, looped: Looped) -> tuple[Tree, str | None]:
    """The loop as lineage: from what is live, over one correction, to the answer that was wrong and on to its table.
    With the id of the request that was answered wrongly; None where nothing was."""
    tree = Tree("[bold]The loop[/bold], from what is live back to where it began", guide_style="dim")
    pairs = (await client.ask(queries.CORRECTED_PAIR, id=looped.corrected))["nodes"]
    if not pairs:
        tree.add("no answer was corrected")
        return tree, None
    pair = pairs[0]
    said = await client.ask(queries.SAID, id=pair["upstream"]["nodes"]["nodes"][0]["id"])
    learned = await client.ask(queries.LEARNED, id=pair["id"])
    record = await client.ask(queries.TRACE, requestId=said["requestId"])
    live = ", ".join(endpoint["name"] for endpoint in learned["endpoints"])
    names = ", ".join(version["name"] for version in learned["modelVersions"])
    place = tree.add(f"{live} is answered by {names} ({learned['trafficShare'] or 0:.0%} of its traffic)")
    place = place.add(escape(f"which learned from the pair {pair['question']!r}: {pair['answer']}"))
    place = place.add(f"which corrects the answer {said['answer']} of the request {said['requestId']}")
    version, lineage = record["modelVersion"], record["modelVersion"]["lineage"]
    place = place.add(f"which {version['name']} gave, deployed as version {record['endpointVersion']['number']}")
    place = place.add(f"which was trained by {lineage['job']['name']}")
    place = place.add(f"on {', '.join(sheet['name'] for sheet in lineage['trainingSheets'])}")
    place.add(f"made of {', '.join(table['fullName'] for table in lineage['tables'])}")
    return tree, str(said["requestId"])


def _links(told: Told, looped: Looped, request: str | None) -> dict[str, tuple[str, dict[str, Any]]]:
    row = {"sheetId": told.sheets["train"], "itemRef": told.item_refs["train"]}
    return {
        "where this model comes from": (queries.LINEAGE, {"id": told.version["id"]}),
        "everything upstream of the improved one": (queries.UPSTREAM, {"id": looped.improved["id"]}),
        **(
            {"what stands behind one answer that was wrong": (queries.TRACE, {"requestId": request})} if request else {}
        ),
        "what the endpoint does, and what is said of it": (queries.WATCHED, {"id": looped.endpoint}),
        "which live endpoints learned from the first row": (queries.LIVE_EXPOSURE, row),
        "what breaks if the training sheet goes": (queries.IMPACT, {"id": told.training_sheets["train"]}),
        "what uses the training table's sheet": (queries.USED_BY, {"id": told.sheets["train"]}),
        "the Q&A pairs": (queries.PAIRS, {"id": told.training_sheets["train"]}),
    }
