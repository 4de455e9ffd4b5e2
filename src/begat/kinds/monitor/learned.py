"""What the model versions behind an endpoint learned from and were measured on, as the graph knows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from begat.gql.columns import from_json
from begat.graph.driver import Graph
from begat.kinds.endpoint.inputs import QUESTION
from begat.kinds.model.versions import LEARNED_BY
from begat.kinds.sheet.rules import Column
from begat.platforms.ports import ModelRef, Window


@dataclass(frozen=True)
class Source:
    """A snapshot: its file, and the sheet version and template version that it was made of, where each is one."""

    id: str
    sha256: str
    sheet: str | None = None
    table: str | None = None
    columns: tuple[Column, ...] = ()
    item_key: str | None = None
    contents: frozenset[str] = frozenset()
    """The sha256 of the tables' contents that its rows were read from."""


@dataclass(frozen=True)
class Part:
    """Rows of a snapshot: those of these splits, all where it is None."""

    source: str
    splits: tuple[str, ...] | None


@dataclass(frozen=True)
class Template:
    """The template version by which inputs are worded."""

    id: str
    system: str | None
    prompt: str
    variables: tuple[str, ...]


@dataclass(frozen=True)
class Learned:
    """Of all model versions that answered in a window. ``percents`` are their shares of the traffic, by id."""

    models: Mapping[str, ModelRef]
    percents: Mapping[str, int]
    sources: Mapping[str, Source]
    trained: tuple[Part, ...]
    measured: tuple[Part, ...]
    template: Template | None
    redacted: frozenset[str] = frozenset()
    """The input fields that the log does not keep as they were sent."""

    @property
    def key(self) -> tuple[object, ...]:
        """What all that is computed of it depends on: immutable nodes only."""
        template = None if self.template is None else self.template.id
        return (tuple(sorted(self.percents.items())), self.trained, self.measured, template)


_VERSIONS = (
    "MATCH (v:EndpointVersion) WHERE v.asset = $endpoint AND v.liveFrom IS NOT NULL AND v.liveFrom < $until "
    "AND (v.liveUntil IS NULL OR v.liveUntil > $since) WITH v ORDER BY v.number "
    "RETURN collect([v.number, v.traffic, v.templateVersion, CASE v.logInputs WHEN 'REDACTED' THEN v.redact END])"
)
_MODELS = (
    f"{LEARNED_BY}WHERE j:TrainingJob "
    "RETURN collect([m.id, m.uri, m.sha256, j.snapshot, j.splits, "
    "CASE WHEN EXISTS { (m)-[:PRODUCED_BY]->(j) } THEN j.evaluateOn END])"
)
"""A line for each job that a model learned by: its own, and those of what it was started from."""

_SOURCES = (
    "MATCH (s:Snapshot) WHERE s.id IN $ids "
    "CALL (s) { OPTIONAL MATCH (s)-[:BUILT_FROM]->(t:SheetVersion) "
    "RETURN collect([t.asset, t.table, t.columns, t.itemKey]) AS sheets } "
    "RETURN collect([s.id, s.sha256, s.manifest, sheets])"
)
_TEMPLATE = "MATCH (t:TemplateVersion) WHERE t.id = $id RETURN [t.id, t.system, t.prompt, t.variables]"


async def learned(graph: Graph, endpoint: str, window: Window, model: str | None = None) -> Learned | None:
    """Of the deployment that was live last in the window, or of ``model`` alone, which answered in it; None where
    nothing was live."""
    live = await graph.read(_VERSIONS, endpoint=endpoint, since=window.since, until=window.until)
    if not live:
        return None
    _, traffic, template, redacted = live[-1]
    shares = {share["modelVersion"]: share["percent"] for share in from_json(traffic)}
    served = {share["modelVersion"] for version in live for share in from_json(version[1])}
    # Of no other model: who sees the endpoint need not see that.
    percents = shares if model is None else {model: 100} if model in served else {}
    models: dict[str, ModelRef] = {}
    trained: dict[Part, None] = {}
    measured: dict[Part, None] = {}
    found = await graph.read(_MODELS, ids=sorted(percents)) or []
    for id, uri, sha256, snapshot, splits, evaluate in sorted(found, key=lambda line: (line[0], str(line[3]))):
        if not uri or not sha256 or not snapshot:
            continue
        models[id] = ModelRef(id, uri, sha256)
        trained[Part(snapshot, tuple(from_json(splits)))] = None
        for one in from_json(evaluate) if evaluate else ():
            measured[Part(one["snapshot"], None if one["split"] is None else (one["split"],))] = None
    return Learned(
        models,
        {id: percent for id, percent in percents.items() if id in models},
        await _sources(graph, {part.source for part in (*trained, *measured)}),
        tuple(trained),
        tuple(measured),
        None if template is None else await _template(graph, template),
        frozenset((*from_json(redacted), QUESTION)) if redacted else frozenset(),
    )


async def _sources(graph: Graph, ids: set[str]) -> dict[str, Source]:
    found = await graph.read(_SOURCES, ids=sorted(ids)) or []
    manifests = {id: from_json(manifest) if manifest else {} for id, _, manifest, _ in found}
    generations = sorted({name for manifest in manifests.values() for name in manifest.get("generations", ())})
    contents = dict(
        await graph.read("MATCH (g:Version) WHERE g.id IN $ids RETURN collect([g.id, g.sha256])", ids=generations) or []
    )
    return {
        id: _source(id, sha256, sheets, [contents.get(name) for name in manifests[id].get("generations", ())])
        for id, sha256, _, sheets in found
    }


def _source(id: str, sha256: str, sheets: Sequence[Sequence[str | None]], contents: Sequence[str | None]) -> Source:
    known = [sheet for sheet in sheets if sheet[0] is not None]
    if len(known) != 1:
        return Source(id, sha256)
    sheet, table, columns, key = known[0]
    held = tuple(Column(**column) for column in from_json(columns)) if columns else ()
    return Source(id, sha256, sheet, table, held, key, frozenset(one for one in contents if one))


async def _template(graph: Graph, id: str) -> Template | None:
    found = await graph.read(_TEMPLATE, id=id)
    if found is None:
        return None
    name, system, prompt, variables = found
    return Template(name, system, prompt, tuple(from_json(variables)) if variables else ())
