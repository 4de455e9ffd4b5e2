"""Whether a model version can be put to new use: served, or started from."""

from __future__ import annotations

from begat.change.write import Properties
from begat.core.errors import Code, Problem, bad_input, not_found

HINTS = {
    "REGISTERING": "Wait until it is READY.",
    "RETIRED": "Reinstate it first, or name one that is READY.",
}
"""What helps by status; any other is for ever."""


def unfit(version: Properties | None, id: str, elsewhere: str) -> Problem | None:
    """Why not; None where it can. ``version`` is what was read of ``id`` under its lock, ``elsewhere`` says of a chat
    model elsewhere what begat does not do with it."""
    if version is None:
        return not_found(id)
    if version["kind"] != "MODEL_VERSION":
        return bad_input("This is no model version.", hint="Give a model version's id.")
    name = f"The model version {version['name']!r}"
    if version["retention"] != "LIVE":
        hint = "Restore it first."
        return Problem(Code.ILLEGAL_MOVE, f"{name} is {version['retention'].lower()}.", id=id, hint=hint)
    if version.get("external"):
        return bad_input(f"{name} is a chat model elsewhere, {elsewhere}.", hint="Name another one.")
    if version["status"] != "READY":
        hint = HINTS.get(version["status"], "Name one that is READY.")
        return Problem(Code.ILLEGAL_MOVE, f"{name} is {version['status']}; it must be READY.", id=id, hint=hint)
    if not version.get("uri") or not version.get("sha256"):
        return bad_input(f"{name} has no registered file.", hint="Name one that a training made.")
    return None
