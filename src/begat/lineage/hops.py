"""How many hops it is to what a walk reaches; pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping


def hops(
    starts: Iterable[str],
    beyond: Mapping[str, Iterable[str]],
    nodes: Collection[str],
    most: int | None,
    stopped: Collection[str] = (),
) -> dict[str, int]:
    """The fewest hops, ``most`` at most, to each of the ``nodes``, the nearest first: breadth first from the starts to
    what is ``beyond`` each, never past one that is ``stopped``."""
    found = dict.fromkeys(starts, 0)
    front, number = list(found), 0
    while front and (most is None or number < most):
        number += 1
        reached = []
        for near in front:
            if near not in stopped:
                for far in beyond.get(near, ()):
                    if far not in found and far in nodes:
                        found[far] = number
                        reached.append(far)
        front = reached
    return found
