"""The statements of walks, put together from this folder's `.cypher` files; each kept, as making one takes longer than
to send it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache

from begat.access.scope import predicate
from begat.core.edges import first_user
from begat.graph.nearby import between
from begat.graph.statement import fill, load, projection
from begat.lineage.across import crosses
from begat.lineage.columns import UNLINKED, Columns, Told, told, told_of_nodes, told_whole
from begat.lineage.moments import BORN, KNOWN, moment, relation, types
from begat.lineage.question import Direction, Level, Question

WRITTEN_DEPTH = 50
"""The deepest bound that is written into a statement; a deeper one is kept by the shape."""

_HERE = "begat.lineage"
_KEEP = 512


@dataclass(frozen=True)
class Form:
    """What decides how the statement of a walk reads. ``sort`` names the statement of its starts, ``carry`` and
    ``start`` are columns of the assets that it reaches and where it starts. ``counted`` it goes level by level and
    leaves the relations out; ``joined`` the relations are those between assets. ``then`` it is of a moment, not of now.
    ``some`` of it is enough. ``everything`` is in the scope of who asks."""

    sort: str
    question: Question
    columns: Columns
    carry: tuple[str, ...] | None
    start: tuple[str, ...]
    counted: bool
    joined: bool
    then: bool
    some: bool
    everything: bool

    @property
    def whole(self) -> bool:
        """Whether of a walk that counts its hops the assets say enough: it shows nothing else, and an endpoint that is
        reached is one as a whole."""
        question = self.question
        up = question.direction is Direction.UP
        return self.counted and question.level is Level.ASSET and not question.rows and (up or crosses(question))


@lru_cache(_KEEP)
def walk_text(form: Form) -> str:
    """All walks from starts of one sort. It returns a list for each: its start's id, the ids of the nodes that it
    starts at, the columns of the start, the ids on each level where these are counted and nodes are told, pairs of a
    node on these and one that is a hop further, the assets that it carries, and what `told` or `told_whole` tells."""
    question, counted = form.question, form.counted
    tells = _told(form)
    parts = [fill(_HERE, form.sort, scope=predicate("a", everything=form.everything)), *_walk(form)]
    levels = further = assets = "[]"
    if counted:
        parts.append(load(_HERE, "level_nodes" if form.carry is not None or tells.parts else "level_none"))
    if crosses(question):
        edges, known = types(question.followed, then=form.then), moment(BORN, KNOWN, then=form.then)
        parts.append(load(_HERE, "near_levels" if counted else "near_found"))
        parts.append(fill(_HERE, "watching", edges=edges, moment=known))
        if counted:  # else the relations say it
            further = "further"
    parts += tells.parts
    if form.carry is not None:
        # What is reached may have rows where their kind is read, as their ids do not say it.
        only = "n:Asset" if form.columns.kind else "true"
        scope = predicate(everything=form.everything)
        parts.append(fill(_HERE, "carry", projection=projection(form.carry), moment=only, scope=scope))
        assets = "assets"
    if counted and not form.whole:
        levels = "[level IN levels | [n IN level | n.id]]"
    start = projection(form.start) if form.start else "[]"
    shown = f"n.id, starts, {start}, {levels}, {further}, {assets}, {tells.columns}"
    return "\n".join([*parts, f"WITH *, a AS n RETURN collect([{shown}])"])


@lru_cache(_KEEP)
def hop_text(question: Question, columns: Columns, *, then: bool) -> str:
    """The nodes one hop from some, and their relations."""
    name = "step_down" if question.direction is Direction.DOWN else "step_up"
    tells = told(question, columns, edges=True, then=then)
    hop = fill(_HERE, name, edges=types(question.followed, then=then), moment=moment(BORN, KNOWN, then=then))
    return "\n".join([load(_HERE, "these"), hop, *tells.parts, f"RETURN [{tells.columns}]"])


@lru_cache(_KEEP)
def near_text(
    label: str, relations: tuple[str, ...], columns: Columns, carry: tuple[str, ...] | None, *, then: bool
) -> str:
    """The first ``$size`` users of some, by these relations, among the first ``$near`` nodes with this label between
    two ids, and columns of their assets, where these are asked for and no rows; null for one that is out of scope. All
    in one: with a CALL before or behind it the embedded graph would look through the whole label."""
    known, shown = told_of_nodes(columns)
    moments = moment(BORN, KNOWN, then=then)
    near = fill(_HERE, "crowd_near", edges=types(relations, then=then), moment=moments, projection=known)
    assets = "[]"
    if carry is not None and label != "Row":
        asset = f"WHERE {predicate()} | {projection(carry)}"
        of_version = f"[u IN users | head([(u)-[:OF]->(n) {asset}])]"
        assets = of_version if label == "Version" else f"[n IN users {asset}]"
    return f"{between(label)}\n{near}\nRETURN [[{shown}, {UNLINKED}], {assets}]"


@lru_cache(_KEEP)
def crowd_text(sort: str, relations: tuple[str, ...], columns: Columns, start: tuple[str, ...], *, then: bool) -> str:
    """Where a walk starts, columns of the asset that it starts at, the ids of those whose users are one hop from there,
    and for each relation how many there are by it, and before which id none."""
    known, shown = told_of_nodes(columns)
    parts = [fill(_HERE, sort, scope=predicate("a")), load(_HERE, "crowd")]
    for one in relations:
        edges, first = types([one], then=then), f"x.{first_user(one)}"
        parts.append(fill(_HERE, "crowd_count", edges=edges, projection=first))
    parts.append(fill(_HERE, "nodes", projection=known))
    told = f"[{shown}, {UNLINKED}], {projection(start) if start else '[]'}, [y IN front | y.id], used"
    return "\n".join([*parts, f"WITH *, a AS n RETURN [{told}]"])


@cache
def lines_text(relations: tuple[str, ...]) -> str:
    """What `used_by` tells of some users."""
    return "\n".join([load(_HERE, "these"), _users("used_by_some", relations)])


@cache
def users_text(sort: str, relations: tuple[str, ...]) -> str:
    """All that uses by these relations some assets, of which a statement of this sort finds the nodes."""
    return "\n".join([fill(_HERE, sort, scope=predicate("a")), _users("used_by", relations)])


def _users(name: str, relations: tuple[str, ...]) -> str:
    """Users are always those of a moment: their pages are of one."""
    edges, called = types(relations, then=True), relation(then=True)
    return fill(_HERE, name, projection=called, edges=edges, moment=KNOWN)


def _told(form: Form) -> Told:
    if form.whole:
        return told_whole(form.columns)
    # A walk down that no depth ends reaches all that was made from what it reaches.
    inside = form.question.direction is Direction.DOWN and not _depth(form.question)
    # Of now each node that is joined to the walk is made from another one: the relations name them all.
    nodes = not form.joined or form.columns.project or form.then or inside
    return told(form.question, form.columns, edges=not form.counted, then=form.then, nodes=nodes, inside=inside)


def _depth(question: Question) -> str:
    """The bound of a walk as it is written into its statement."""
    return "" if question.depth is None or question.depth > WRITTEN_DEPTH else str(question.depth)


def _walk(form: Form) -> list[str]:
    """From starts ``s`` to what was ``found``, or on which ``levels``."""
    question = form.question
    followed = types(question.followed, then=form.then)
    end = "up" if question.direction is Direction.UP else "down"
    if form.counted:
        known = moment(BORN, KNOWN, then=form.then)
        hop = fill(_HERE, "level_some" if form.some else f"level_{end}", edges=followed, moment=known)
        level = [hop] if form.some else [hop, load(_HERE, "level_next")]
        return [load(_HERE, "level_first"), *level * (question.depth or 0)]
    reach = fill(_HERE, f"reach_{end}", edges=f"{followed}*0..{_depth(question)}", moment=moment(BORN, then=form.then))
    return [reach, load(_HERE, "found")]
