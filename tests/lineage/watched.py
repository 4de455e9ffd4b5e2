"""A model version that endpoints serve, each version of them, and that monitors watch: more pairs than nodes."""

from __future__ import annotations

from tests.lineage.worlds import SEEN, Thing, World

MODEL_VERSION = "mver_served"
_BORN = "2026-01-01T00:00:00.000Z"


def watched(endpoints: int, versions: int, monitors: int) -> World:
    """Each endpoint with that many versions and monitors, of each of which a task was raised."""
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
        for number in range(monitors):
            monitor, task = f"monitor_{place}x{number}", f"task_{place}x{number}"
            _add(world, monitor, "Monitor", "MONITOR")
            _add(world, task, "ImprovementTask", "IMPROVEMENT_TASK")
            world.edges += [(monitor, "WATCHES", endpoint), (task, "RAISED_FROM", monitor)]
    return world


def _add(world: World, id: str, label: str, kind: str, *, asset: str | None = None, number: int | None = None) -> None:
    world.things[id] = Thing(id, label, kind, asset or id, SEEN, _BORN, number)
