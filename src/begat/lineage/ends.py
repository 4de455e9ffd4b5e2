"""Where walks end, also where tables feed each other in a circle; pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence


def ends(links: Iterable[tuple[str, str]]) -> Callable[[str], bool]:
    """Whether a node leads to nothing by these links (source, target) but to nodes that lead back to it."""
    ahead: dict[str, list[str]] = defaultdict(list)
    back: dict[str, list[str]] = defaultdict(list)
    for source, target in links:
        ahead[source].append(target)
        back[target].append(source)
    circle: dict[str, str] = {}
    for node in reversed(_finished(ahead)):  # Kosaraju: against the links, from what was finished last
        if node not in circle:
            circle[node] = node
            front = [node]
            while front:
                new = [source for source in back.get(front.pop(), ()) if source not in circle]
                circle |= dict.fromkeys(new, node)
                front += new
    left = {circle[source] for source, targets in ahead.items() for one in targets if circle[one] != circle[source]}
    return lambda node: circle.get(node) not in left


def _finished(ahead: Mapping[str, Sequence[str]]) -> list[str]:
    """The nodes in the order in which a walk in depth leaves them."""
    order: list[str] = []
    seen: set[str] = set()
    for begin in ahead:
        if begin in seen:
            continue
        seen.add(begin)
        stack = [(begin, iter(ahead[begin]))]
        while stack:
            node, following = stack[-1]
            new = next((target for target in following if target not in seen), None)
            if new is None:
                stack.pop()
                order.append(node)
            else:
                seen.add(new)
                stack.append((new, iter(ahead.get(new, ()))))
    return order
