"""Endpoints with many versions, monitors and tasks: there are more pairs of these than nodes."""

from __future__ import annotations

from tests.lineage.worlds import SEEN, Thing, World

MODEL_VERSION = "mver_served"
_BORN = "2026-01-01T00:00:00.000Z"


def watched(endpoints: int, versions: int, monitors: int) -> World:
    """Each endpoint with that many versions and monitors, and as many tasks, each raised from all of these."""
    world = World()
    _add(world, MODEL_VERSION, "ModelVersion", "MODEL_VERSION", number=1)
    for place in range(endpoints):
        endpoint = f"endpoint_{place}"
        _add(world, endpoint, "Endpoint", "ENDPOINT")
        for number in range(1, versions + 1):
            version = f"{endpoint}:v{number}"
            _add(world, version, "EndpointVersion", "ENDPOINT_VERSION", asset=endpoint, number=number)
            world.of.append((version, endpoint))
            world.edges.append((version, "SERVES", MODEL_VERSION))
        watching = [f"monitor_{place}x{number}" for number in range(monitors)]
        for monitor in watching:
            _add(world, monitor, "Monitor", "MONITOR")
            world.edges.append((monitor, "WATCHES", endpoint))
        for number in range(monitors):
            task = f"task_{place}x{number}"
            _add(world, task, "ImprovementTask", "IMPROVEMENT_TASK")
            world.edges += [(task, "RAISED_FROM", monitor) for monitor in watching]
    return world


def _add(world: World, id: str, label: str, kind: str, *, asset: str | None = None, number: int | None = None) -> None:
    world.things[id] = Thing(id, label, kind, asset or id, SEEN, _BORN, number)
