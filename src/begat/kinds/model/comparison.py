"""modelVersionCompare: what was measured of several model versions, how they were trained, and on what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from begat.access.scope import SCOPE
from begat.core import ids as names
from begat.core.compare import compare
from begat.core.errors import bad_input, not_found
from begat.gql import versions
from begat.gql.columns import from_json
from begat.gql.context import Info
from begat.gql.scalars import JSON, BigInt
from begat.kinds.qa_pair.kind import Split

if TYPE_CHECKING:  # a circle: strawberry finds it by lazy, once all modules are loaded
    from begat.kinds.training_sheet.snapshot import Snapshot

FEWEST, MOST = 2, 20
"""How many model versions are compared at once."""


@dataclass(frozen=True)
class Measured:
    """One evaluation. ``content`` is the sha256 of the snapshot, as two nodes may hold the same rows."""

    version: str
    metric: str
    split: str | None
    content: str
    snapshot: str
    value: float
    size: int
    low: float | None
    high: float | None


@strawberry.type(description="What one of the versions reached.")
class ComparedValue:
    """See Measured."""

    id: strawberry.ID = strawberry.field(description="The model version.")
    value: float = strawberry.field(description="The value, a fraction from 0 to 1.")
    sample_size: int = strawberry.field(description="How many rows it was measured on.")
    low: float | None = strawberry.field(description="The lower end of its 95 % interval; null where it has none.")
    high: float | None = strawberry.field(description="The upper end of its 95 % interval; null where it has none.")


@strawberry.type(description="One metric on one split of the same frozen rows.")
class ComparedEvaluation:
    """Values in the order of the ids that were asked for."""

    snapshot_id: strawberry.Private[str]
    metric: str = strawberry.field(description="What was measured: accuracy or macro_f1.")
    split: Split | None = strawberry.field(description="The split; null: all rows of the snapshot.")
    values: list[ComparedValue] = strawberry.field(description="Of those versions that were measured so.")
    complete: bool = strawberry.field(description="Whether all the versions were measured so.")
    best: strawberry.ID | None = strawberry.field(
        description="The version with the highest value; null where two share it, or where not all were measured so."
    )
    within_noise: bool | None = strawberry.field(
        description="true: the best one's 95 % interval overlaps that of another, so the difference may be chance "
        "(overlap is a careful test: on the same rows a smaller difference can be real). null where there is no best "
        "one, or the metric has no interval."
    )

    @strawberry.field(description="The frozen rows; null where they are hidden.")
    async def snapshot(
        self, info: Info
    ) -> Annotated[Snapshot, strawberry.lazy("begat.kinds.training_sheet.snapshot")] | None:
        return await _snapshot(info, self.snapshot_id)


@strawberry.type(description="A value that one of the versions was trained with.")
class SettingValue:
    """null where it has none."""

    id: strawberry.ID = strawberry.field(description="The model version.")
    value: JSON | None = strawberry.field(description="Its value; null where it has none.")


@strawberry.type(description="A setting in which the versions differ.")
class ComparedSetting:
    """See core.compare."""

    path: str = strawberry.field(description="The setting's name, `trainer` among them; inner steps joined by dots.")
    values: list[SettingValue] = strawberry.field(description="Each version's value, in the order asked.")


@strawberry.type(description="What one of the versions learned from.")
class ComparedData:
    """Its snapshot is that of its job."""

    snapshot_id: strawberry.Private[str | None]
    id: strawberry.ID = strawberry.field(description="The model version.")
    rows: BigInt | None = strawberry.field(description="How many rows it learned from; null for an external model.")

    @strawberry.field(description="The frozen rows, with their training sheet; null for an external model, or hidden.")
    async def snapshot(
        self, info: Info
    ) -> Annotated[Snapshot, strawberry.lazy("begat.kinds.training_sheet.snapshot")] | None:
        return await _snapshot(info, self.snapshot_id)


@strawberry.type(description="Model versions side by side.")
class ModelComparison:
    """See `ModelComparisonQuery`."""

    comparable: bool = strawberry.field(
        description="Whether at least one metric was measured for all of them on the same split of the same rows."
    )
    evaluations: list[ComparedEvaluation] = strawberry.field(
        description="By metric, split and frozen rows; those that all versions have first."
    )
    hyperparameters: list[ComparedSetting] = strawberry.field(description="Settings in which they differ, by path.")
    data: list[ComparedData] = strawberry.field(description="What each learned from, in the order asked.")


@strawberry.type
class ModelComparisonQuery:
    """The comparison of model versions."""

    @strawberry.field(
        description="Compares 2 to 20 model versions, of one model or of several. An id that is unknown or hidden is "
        "NOT_FOUND."
    )
    async def model_version_compare(self, info: Info, ids: list[strawberry.ID]) -> ModelComparison:
        wanted = list(dict.fromkeys(names.check(id, "ids", place) for place, id in enumerate(ids)))
        if not FEWEST <= len(wanted) <= MOST:
            raise bad_input(f"{FEWEST} to {MOST} different model versions are compared.", "ids")
        found = await info.context.graph.read(
            f"MATCH (n:ModelVersion) WHERE n.id IN $ids AND {SCOPE} "
            "OPTIONAL MATCH (j:TrainingJob {id: n.job}) "
            "RETURN collect([n.id, n.trainer, n.hyperparameters, n.trainRows, j.snapshot])",
            ids=wanted,
            **info.context.viewer.scope,
        )
        held = {id: rest for id, *rest in found or []}
        for id in wanted:
            if id not in held:
                raise not_found(id, "ids")
        measured = await info.context.graph.read(
            f"MATCH (n:Version) WHERE n.asset IN $ids AND n:Evaluation AND {SCOPE} "
            "WITH n MATCH (s:Version {id: n.snapshot}) "
            "RETURN collect([n.asset, n.metric, n.split, s.sha256, s.id, n.value, n.sampleSize, n.low, n.high])",
            ids=wanted,
            **info.context.viewer.scope,
        )
        evaluations = compared(wanted, [Measured(*one) for one in measured or []])
        return ModelComparison(
            comparable=any(one.complete for one in evaluations),
            evaluations=evaluations,
            hyperparameters=differing({id: _settings(*held[id][:2]) for id in wanted}),
            data=[
                ComparedData(
                    snapshot_id=held[id][3],
                    id=strawberry.ID(id),
                    rows=None if held[id][2] is None else BigInt(held[id][2]),
                )
                for id in wanted
            ],
        )


def compared(wanted: Sequence[str], measured: Sequence[Measured]) -> list[ComparedEvaluation]:
    """The evaluations by metric, split and rows, each with its best version where all were measured; pure."""
    groups: dict[tuple[str, str, str], dict[str, Measured]] = {}
    for one in measured:
        groups.setdefault((one.metric, one.split or "", one.content), {})[one.version] = one
    ordered = sorted(groups.items(), key=lambda item: (len(item[1]) != len(wanted), item[0]))
    return [_evaluation(wanted, group) for _, group in ordered]


def differing(settings: Mapping[str, Mapping[str, Any]]) -> list[ComparedSetting]:
    """The paths at which not all settings, which are by version, are equal; pure."""
    first, *others = settings.values()
    paths = {path for other in others for path, *_ in compare(first, other)}
    return [
        ComparedSetting(
            path=path,
            values=[SettingValue(id=strawberry.ID(id), value=_at(one, path)) for id, one in settings.items()],
        )
        for path in sorted(paths)
    ]


def _evaluation(wanted: Sequence[str], group: Mapping[str, Measured]) -> ComparedEvaluation:
    values = [group[id] for id in wanted if id in group]
    complete = len(values) == len(wanted)
    ranked = sorted(values, key=lambda one: -one.value)
    best = ranked[0] if complete and ranked[0].value > ranked[1].value else None
    return ComparedEvaluation(
        snapshot_id=values[0].snapshot,
        metric=values[0].metric,
        split=None if values[0].split is None else Split(values[0].split),
        values=[
            ComparedValue(
                id=strawberry.ID(one.version), value=one.value, sample_size=one.size, low=one.low, high=one.high
            )
            for one in values
        ],
        complete=complete,
        best=None if best is None else strawberry.ID(best.version),
        within_noise=None if best is None else _overlaps(best, ranked[1:]),
    )


def _overlaps(best: Measured, others: Sequence[Measured]) -> bool | None:
    if best.low is None or any(one.high is None for one in others):
        return None
    return any(one.high is not None and one.high >= best.low for one in others)


def _settings(trainer: str | None, hyperparameters: str | None) -> dict[str, Any]:
    return {"trainer": trainer, **(from_json(hyperparameters) if hyperparameters else {})}


def _at(value: Any, path: str) -> Any:
    """The value at a path as `compare` names it; None where there is none."""
    if isinstance(value, Mapping) and path in value:
        return value[path]
    step, _, rest = path.partition(".")
    inner = None
    if isinstance(value, Mapping):
        inner = value.get(step)
    elif isinstance(value, list) and step.isdigit() and int(step) < len(value):
        inner = value[int(step)]
    return _at(inner, rest) if rest and inner is not None else inner


async def _snapshot(info: Info, id: str | None) -> Snapshot | None:
    from begat.kinds.training_sheet.snapshot import Snapshot  # it knows model versions

    return await versions.linked(info, id, Snapshot)
