"""CanonicalLabel: the right answer for one item of a sheet, of one label type; pairs are answered with its versions."""

from __future__ import annotations

from begat.core.kind import Kind
from begat.core.lifecycle import Lifecycle, Move, states
from begat.core.roles import Role

CANONICAL_LABEL = Kind(
    name="CANONICAL_LABEL",
    label="CanonicalLabel",
    prefix="label",
    noun="canonical label",
    lifecycle=Lifecycle(
        "UNVERIFIED",
        (
            Move("verify", states("UNVERIFIED", "NEEDS_REVIEW"), "VERIFIED", role=Role.REVIEWER),
            Move(
                "flag",
                states("UNVERIFIED", "VERIFIED"),
                "NEEDS_REVIEW",
                role=Role.REVIEWER,
                reason_required=True,
            ),
            Move(
                "reject",
                states("UNVERIFIED", "NEEDS_REVIEW"),
                "REJECTED",
                role=Role.REVIEWER,
                reason_required=True,
            ),
            Move("reopen", states("REJECTED"), "NEEDS_REVIEW", role=Role.REVIEWER),
        ),
    ),
    content=("value", "confidence"),
    version="LabelVersion",
)
