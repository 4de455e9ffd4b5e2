"""What drift suggests: fields that are not any more as the model learned them."""

from __future__ import annotations

from begat.core.drift import Comparison, Verdict
from begat.graph.driver import Graph
from begat.kinds.monitor.drift import drift_of
from begat.kinds.suggestion.kind import Found, SuggestionKind, key_of
from begat.platforms.platform import Platform
from begat.platforms.ports import Window


async def drifted(graph: Graph, platform: Platform, endpoint: str, window: Window) -> list[Found]:
    """DRIFTED_FIELD, one for each field; by the method that is furthest beyond its threshold. Raises what serving and
    the log say where they are away."""
    compared = await drift_of(graph, platform, endpoint, window)
    worst: dict[str, Comparison] = {}
    for one in compared.fields:
        if one.verdict is Verdict.DRIFT and (one.field not in worst or _severity(one) > _severity(worst[one.field])):
            worst[one.field] = one
    found = []
    for field, one in sorted(worst.items()):
        figures = {
            "field": field,
            "method": one.method.value,
            "statistic": one.statistic,
            "threshold": one.threshold,
            "pValue": one.p,
            "sampleSize": one.sample,
            "referenceSize": one.reference,
            "detail": one.detail,
        }
        title = (
            f"{field} has drifted: {one.method.value} {one.statistic or 0:.3g}, where {one.threshold or 0:.3g} matters"
        )
        found.append(
            Found(
                key_of(endpoint, SuggestionKind.DRIFTED_FIELD, field),
                SuggestionKind.DRIFTED_FIELD,
                title,
                _severity(one),
                one.sample,
                None,
                (),
                figures,
                # It is of all that is asked; how many answers it spoils nobody knows.
                standing=(1.0, 0.5),
            )
        )
    return found


def _severity(one: Comparison) -> float:
    """How far beyond the threshold, 0 to 1."""
    if not one.statistic or one.threshold is None or one.statistic <= one.threshold:
        return 0.0
    return 1.0 - one.threshold / one.statistic
