"""Monitor: watches one metric of an endpoint and tells when it is out of bounds."""

from __future__ import annotations

from begat.core.kind import Kind
from begat.core.lifecycle import Lifecycle, Move, states

MONITOR = Kind(
    name="MONITOR",
    label="Monitor",
    prefix="monitor",
    noun="monitor",
    lifecycle=Lifecycle(
        "ACTIVE",
        (
            Move("pause", states("ACTIVE", "ALERTING", "ACKNOWLEDGED"), "PAUSED"),
            Move("resume", states("PAUSED"), "ACTIVE"),
            Move("breach", states("ACTIVE"), "ALERTING", platform=True),
            Move("acknowledge", states("ALERTING"), "ACKNOWLEDGED"),
            Move("recover", states("ALERTING", "ACKNOWLEDGED"), "ACTIVE", platform=True),
        ),
    ),
    retention_moves={"archive": "pause", "trash": "pause"},
)
