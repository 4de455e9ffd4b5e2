"""Endpoint: an address at which model versions answer. Its versions are deployments, one after the other.

The asset shows what serves; an EndpointVersion carries one deployment: its configuration, when it was live, and the
``SERVES {percent}`` edges to the model versions that share its traffic.
"""

from __future__ import annotations

from typing import Any

from begat.core.errors import Code
from begat.core.kind import Kind
from begat.core.lifecycle import Guard, Lifecycle, Move, Sees, states
from begat.core.roles import Role

LIVE = ("ONLINE", "DEGRADED")
"""The statuses in which queries are answered. While DEPLOYING they are, too, where an earlier version still serves."""

ANSWERING = (*LIVE, "DEPLOYING")

VERSION = "EndpointVersion"
"""The label of a deployment."""


def _serves(fact: Any, sees: Sees) -> list[str]:
    return [f"It answers queries (it is {fact})."] if fact in ANSWERING else []


ENDPOINT = Kind(
    name="ENDPOINT",
    label="Endpoint",
    prefix="endpoint",
    noun="endpoint",
    lifecycle=Lifecycle(
        "DEPLOYING",
        (
            Move("ready", states("DEPLOYING"), "ONLINE", platform=True),
            # Where an earlier version still serves, a deployment that fails leads back to ONLINE or DEGRADED.
            Move("fail", states("DEPLOYING"), "FAILED", platform=True),
            Move("degrade", states("ONLINE"), "DEGRADED", platform=True),
            Move("recover", states("DEGRADED"), "ONLINE", platform=True),
            Move("redeploy", states("ONLINE", "DEGRADED", "FAILED", "DEPLOYING"), "DEPLOYING", role=Role.OPERATOR),
            Move("stop", states("ONLINE", "DEGRADED", "FAILED", "DEPLOYING"), "STOPPING", role=Role.OPERATOR),
            Move("stopped", states("STOPPING"), "STOPPED", platform=True),
            Move("start", states("STOPPED"), "DEPLOYING", role=Role.OPERATOR),
            Move("vanish", states("ONLINE", "DEGRADED", "FAILED", "STOPPED"), "GONE", platform=True),
        ),
    ),
    in_use=Guard("n.status", _serves, Code.IN_USE),
    create_role=Role.OPERATOR,
    # What is put aside does not answer, and its status must not say so.
    retention_moves={"archive": "stop", "trash": "stop"},
)
