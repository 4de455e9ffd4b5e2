"""What every change of a row (a pair, a feedback) does: one revision more; its history is inline."""

from __future__ import annotations

from typing import Any

from begat.change.write import Change, Properties


def revise(change: Change, node: Properties, properties: Properties) -> Properties:
    """Writes one revision more of a locked row; the state after it."""
    wanted = {
        **properties,
        "revision": node["revision"] + 1,
        "updatedAt": change.at,
        "updatedBy": change.viewer.name,
    }
    changed: dict[str, Any] = {name: value for name, value in wanted.items() if node.get(name) != value}
    change.set(node["id"], changed)
    return {name: value for name, value in {**node, **changed}.items() if value is not None}
