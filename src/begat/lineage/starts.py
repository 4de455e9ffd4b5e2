"""Which statement finds the immutable nodes that a walk starts at; pure."""

from __future__ import annotations

from begat.lineage.question import ASSET_KIND, ROW_KINDS, Versions

ITSELF, VERSIONS, MODEL, SERVING = "start_itself", "start_versions", "start_model", "start_serving"

_CURRENT = {
    "SHEET": "start_latest",
    "TEMPLATE": "start_latest",
    "CANONICAL_LABEL": "start_latest",
    "TRAINING_SHEET": VERSIONS,
    "MODEL": "start_champion",
    "ENDPOINT": SERVING,
}
_HAVE_VERSIONS = frozenset(ASSET_KIND.values())


def start_of(id: str, kind: str, versions: Versions) -> str:
    """The name of the statement for this asset, immutable node or row of that kind."""
    if ":" in id:
        return "start_version"
    if kind in ROW_KINDS:
        return "start_row"
    if versions is Versions.CURRENT:
        return _CURRENT.get(kind, ITSELF)
    if kind == "MODEL":
        return MODEL
    return VERSIONS if kind in _HAVE_VERSIONS else ITSELF
