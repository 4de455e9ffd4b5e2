"""Whether a model version can be put to new use: served, or started from."""

from __future__ import annotations

from begat.change.write import Properties
from begat.core.errors import Code, Problem, bad_input, not_found

HINTS = {
    "REGISTERING": "Wait until it is READY.",
    "RETIRED": "Reinstate it first, or name one that is READY.",
}
"""What helps by status; any other is for ever."""


def fit(version: Properties | None, id: str, elsewhere: str, *path: str | int) -> Properties:
    """The version, where it can; raises a Problem at ``path``. ``version`` is what was read of ``id`` under its lock,
    ``elsewhere`` says of a chat model elsewhere what begat does not do with it."""
    if version is None:
        raise not_found(id, *path)
    if version["kind"] != "MODEL_VERSION":
        raise bad_input("This is no model version.", *path, hint="Give a model version's id.")
    name = f"The model version {version['name']!r}"
    if version["retention"] != "LIVE":
        message = f"{name} is {version['retention'].lower()}."
        raise Problem(Code.ILLEGAL_MOVE, message, path=path, id=id, hint="Restore it first.")
    if version.get("external"):
        raise bad_input(f"{name} is a chat model elsewhere, {elsewhere}.", *path, hint="Name another one.")
    if version["status"] != "READY":
        hint = HINTS.get(version["status"], "Name one that is READY.")
        message = f"{name} is {version['status']}; it must be READY."
        raise Problem(Code.ILLEGAL_MOVE, message, path=path, id=id, hint=hint)
    if not version.get("uri") or not version.get("sha256"):
        raise bad_input(f"{name} has no registered file.", *path, hint="Name one that a training made.")
    return version
