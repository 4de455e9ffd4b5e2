// What is known of a lineage and which part of it is open; pure. Both directions hang on the start and know nothing of
// each other: what is made from the start and also a source of it stands once on each side.

import { named } from "./words.js";

export const SIDES = ["upstream", "downstream"];
export const FIRST = 300; // what is shown before somebody asks for more
export const MOST = 1000;

/** Everything known: `nodes` by key, and for each side its walk as answered. `open` remembers what a person opened or
 * folded, by key; `base` is how many hops are open by themselves. */
export function empty(asset, base) {
  const start = { ...card(asset), key: "start", id: asset.id, asset: asset.id, kind: asset.kind, side: "start", depth: 0, hidden: false };
  return { start, base: { ...base }, open: new Map(), sides: { upstream: blank(), downstream: blank() } };
}

const blank = () => ({ depth: 0, nodes: new Map(), next: new Map(), edges: [], walk: null, total: 0, more: false, last: 0 });

const card = (asset) => ({ name: named(asset), status: asset.statusName, retention: asset.retention, owner: asset.owner });

// What of an asset's a hit has. A version or a row is not published, online or somebody's as its asset is: of that it has
// the name and the retention only. A row is told from its asset's other rows by the end of its id.
function told({ kind, id, asset }) {
  if (!asset) return { name: "", status: "", retention: "" };
  if (asset.id === id) return card(asset);
  const { name, retention } = card(asset);
  return { name: kind === "QA_PAIR" || kind === "FEEDBACK" ? `${id.slice(-6)} of ${name}` : name, status: "", retention };
}

/** Puts the answer for `depth` hops in the place of what was known of that side. */
export function learn(lineage, side, depth, walk) {
  const old = lineage.sides[side];
  const known = { ...blank(), depth, walk };
  lineage.sides[side] = known;
  if (!walk) return;
  known.total = Number(walk.nodes.totalCount);
  known.more = walk.nodes.pageInfo.hasNextPage;
  known.last = walk.nodes.nodes.at(-1)?.depth ?? 0;
  for (const hit of walk.nodes.nodes) {
    const key = `${side}:${hit.id}`;
    known.nodes.set(key, {
      ...told(hit), key, id: hit.id, kind: hit.kind, depth: hit.depth, side, hidden: hit.hidden,
      number: hit.version ? hit.version.number : null, asset: hit.asset ? hit.asset.id : null,
    });
  }
  const ends = new Set(walk.nodes.edges.flatMap((edge) => [edge.from, edge.to]));
  const startIds = new Set([...ends].filter((id) => !known.nodes.has(`${side}:${id}`)));
  const keyOf = (id) => (startIds.has(id) ? "start" : `${side}:${id}`);
  for (const edge of walk.nodes.edges) {
    // `near` is nearer to the start than `far`, whichever of them was made from the other.
    const [near, far] = side === "upstream" ? [edge.from, edge.to] : [edge.to, edge.from];
    known.edges.push({ near: keyOf(near), far: keyOf(far), relation: edge.relation, via: edge.via });
  }
  for (const { near, far } of known.edges) {
    if (far === "start" || near === far) continue; // a circle, which only tables that feed each other can have
    if (!known.next.has(near)) known.next.set(near, new Set());
    known.next.get(near).add(far);
  }
  carry(lineage.open, old, known);
}

// A hidden node has another id in every answer: it is known again by its kind, its depth and its neighbours.
function carry(open, old, known) {
  const places = signatures(known);
  for (const [signature, keys] of signatures(old)) {
    keys.forEach((key, place) => {
      if (!open.has(key)) return;
      const now = (places.get(signature) || [])[place];
      if (now && now !== key) open.set(now, open.get(key));
    });
  }
}

function signatures(side) {
  const near = new Map();
  for (const edge of side.edges) {
    const node = side.nodes.get(edge.far);
    const from = side.nodes.get(edge.near);
    if (node && node.hidden && !(from && from.hidden)) near.set(edge.far, [...(near.get(edge.far) || []), edge.near]);
  }
  const found = new Map();
  for (const [key, keys] of near) {
    const node = side.nodes.get(key);
    const signature = JSON.stringify([node.kind, node.depth, [...new Set(keys)].sort()]);
    found.set(signature, [...(found.get(signature) || []), key]);
  }
  return found;
}

/** Whether what lies behind the node on that side is to be shown. */
export const isOpen = (lineage, node, side) =>
  lineage.open.get(node.side === "start" ? `start ${side}` : node.key) ?? node.depth < lineage.base[side];

export function setOpen(lineage, node, side, open) {
  lineage.open.set(node.side === "start" ? `start ${side}` : node.key, open);
}

/** Whether the answer that is there tells what lies behind the node. */
export function isKnown(lineage, node, side) {
  const { depth, more, last } = lineage.sides[side];
  // Where a page ends, the hop that it ends in is not whole; of the start's own, what it left out is counted.
  return node.depth < (more && node.side !== "start" ? last - 1 : depth);
}

// How many within so many hops the answer counts and its page did not bring.
function left({ walk, nodes, more }, hops) {
  if (!more) return 0;
  const within = (all) => all.filter(({ depth }) => depth <= hops);
  return within(walk.counts).reduce((sum, { count }) => sum + Number(count), 0) - within([...nodes.values()]).length;
}

/** What is shown: `nodes` (the start first, then by side, depth and id), `edges` between them, and `cut`, how many more
 * would be shown but for `most` and the page's end. Each node gets `behind`: how many neighbours away from the start are
 * not shown (null: not asked yet), `expanded`: null where there is nothing behind it, and `folds`: whether it is open and
 * no more can be shown behind it, so that the next thing to do is to fold it. */
export function visible(lineage, most) {
  const sizes = SIDES.map((side) => reach(lineage, side, Infinity).length);
  const room = most - 1;
  const half = Math.floor(room / 2);
  const share = sizes[0] + sizes[1] <= room ? sizes
    : sizes[0] <= half ? [sizes[0], room - sizes[0]]
    : sizes[1] <= half ? [room - sizes[1], sizes[1]] : [half, room - half];
  const nodes = [{ ...lineage.start, behind: {}, expanded: {}, folds: {} }];
  const folds = (expanded, behind) => Boolean(expanded && (!behind || most >= MOST));
  const edges = [];
  let cut = 0;
  SIDES.forEach((side, place) => {
    const keys = reach(lineage, side, share[place]);
    cut += sizes[place] - keys.length;
    const shown = new Set(["start", ...keys]);
    const known = lineage.sides[side];
    const behind = (key) => [...(known.next.get(key) || [])].filter((far) => !shown.has(far)).length;
    const all = (key) => (known.next.get(key) || new Set()).size;
    const open = isOpen(lineage, lineage.start, side);
    if (open) cut += left(known, Math.max(1, lineage.base[side]));
    nodes[0].behind[side] = behind("start") + left(known, 1);
    nodes[0].expanded[side] = all("start") ? open : null;
    nodes[0].folds[side] = folds(nodes[0].expanded[side], nodes[0].behind[side]);
    for (const key of keys) {
      const node = known.nodes.get(key);
      const told = isKnown(lineage, node, side);
      const expanded = told && !all(key) ? null : told && isOpen(lineage, node, side);
      const hidden = told ? behind(key) : null;
      nodes.push({ ...node, behind: hidden, expanded, folds: folds(expanded, hidden) });
    }
    for (const edge of known.edges) if (shown.has(edge.near) && shown.has(edge.far)) edges.push({ ...edge, side });
  });
  return { nodes, edges: joined(edges), cut };
}

// Breadth first over what is open, so that what is nearer wins where not all can be shown.
function reach(lineage, side, most) {
  const known = lineage.sides[side];
  const found = [];
  const seen = new Set(["start"]);
  let front = isOpen(lineage, lineage.start, side) ? ["start"] : [];
  while (front.length && found.length < most) {
    const following = [];
    for (const near of front) {
      for (const far of known.next.get(near) || []) {
        if (!seen.has(far)) {
          seen.add(far);
          following.push(far);
        }
      }
    }
    following.sort((a, b) => order(known.nodes.get(a), known.nodes.get(b)));
    found.push(...following);
    front = following.filter((key) => isOpen(lineage, known.nodes.get(key), side));
  }
  return found.slice(0, most);
}

const order = (a, b) => a.depth - b.depth || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);

// Several relations between the same two nodes are one line that names them all.
function joined(edges) {
  const found = new Map();
  for (const edge of edges) {
    const key = `${edge.near} ${edge.far}`;
    const one = found.get(key);
    if (!one) found.set(key, { ...edge, relations: [edge.relation] });
    else {
      if (!one.relations.includes(edge.relation)) one.relations.push(edge.relation);
      one.via = Math.min(one.via, edge.via);
    }
  }
  return [...found.values()];
}
