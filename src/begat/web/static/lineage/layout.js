// A layered layout: columns (ranks.js), long edges through the columns between, few crossings, and heights by isotonic
// regression towards the neighbours; pure. Lengths are in the map's units (pixels at zoom 1).

import { ranked } from "./ranks.js";

export const BOX = { width: 200, height: 64 };
const GAP = { column: 92, box: 24, line: 10 };
const SWEEPS = 10;
const ENOUGH = 350; // milliseconds for the order within the columns

/** Places the nodes of one side around the start at (0, 0). `nodes` are keys, the start first; `edges` are
 * `{ near, far }`. Gives `places` (key to the middle of its box) and `lines` (for each edge its points, from near to
 * far). `turn` is 1 where the side grows to the right, -1 to the left. */
export function layout(nodes, edges, turn) {
  const index = new Map(nodes.map((key, place) => [key, place]));
  const { rank, arcs } = ranked(nodes.length, edges.map(({ near, far }) => [index.get(near), index.get(far)]));
  const graph = layered(nodes.length, rank, arcs);
  order(graph);
  const y = heights(graph);
  const x = (node) => turn * graph.rank[node] * (BOX.width + GAP.column);
  const places = new Map(nodes.map((key, place) => [key, { x: x(place), y: y[place] }]));
  const lines = new Map();
  arcs.forEach(([low, high], place) => lines.set(`${low} ${high}`, graph.chains[place]));
  return {
    places,
    lines: edges.map(({ near, far }) => {
      const [a, b] = [index.get(near), index.get(far)];
      const chain = lines.get(`${a} ${b}`) || [...(lines.get(`${b} ${a}`) || [])].reverse();
      return chain.map((node) => ({ x: x(node), y: y[node] }));
    }),
  };
}

// Nodes by column, with a dummy in each column that an edge passes.
function layered(count, rank, arcs) {
  const ranks = [...rank];
  const up = Array.from({ length: count }, () => []);
  const down = Array.from({ length: count }, () => []);
  const tie = (a, b) => (down[a].push(b), up[b].push(a));
  const chains = arcs.map(([low, high]) => {
    const chain = [low];
    for (let column = rank[low] + 1; column < rank[high]; column++) {
      ranks.push(column);
      up.push([]);
      down.push([]);
      tie(chain[chain.length - 1], ranks.length - 1);
      chain.push(ranks.length - 1);
    }
    tie(chain[chain.length - 1], high);
    return [...chain, high];
  });
  const columns = Array.from({ length: Math.max(...ranks) + 1 }, () => []);
  ranks.forEach((column, node) => columns[column].push(node));
  return { count, rank: ranks, up, down, columns, chains };
}

// Barycentre sweeps to and fro; the order with the fewest crossings wins.
function order(graph) {
  const { columns, up, down } = graph;
  const place = new Float64Array(graph.rank.length);
  const number = () => columns.forEach((column) => column.forEach((node, at) => (place[node] = at)));
  number();
  const until = performance.now() + ENOUGH;
  let best = Infinity;
  let kept = columns.map((column) => [...column]);
  for (let sweep = 0; sweep < SWEEPS && best > 0; sweep++) {
    const outward = sweep % 2 === 0;
    const beside = outward ? up : down;
    for (const column of outward ? columns.slice(1) : columns.slice(0, -1).reverse()) {
      const weight = new Map(column.map((node) => [node, barycentre(beside[node], place, place[node])]));
      column.sort((a, b) => weight.get(a) - weight.get(b) || place[a] - place[b]);
      column.forEach((node, at) => (place[node] = at));
    }
    const crossed = columns.reduce((sum, column, at) => sum + (at ? crossings(columns[at - 1], down, place, column.length) : 0), 0);
    if (crossed < best) {
      best = crossed;
      kept = columns.map((column) => [...column]);
    }
    if (performance.now() > until) break;
  }
  graph.columns = kept;
}

const barycentre = (nodes, place, own) =>
  nodes.length ? nodes.reduce((sum, node) => sum + place[node], 0) / nodes.length : own;

// Pairs of edges between two columns that cross, counted by a Fenwick tree.
function crossings(column, down, place, width) {
  const tree = new Int32Array(width + 1);
  let [crossed, inserted] = [0, 0];
  for (const node of column) {
    const ends = down[node].map((far) => place[far]).sort((a, b) => a - b);
    for (const end of ends) {
      let before = 0;
      for (let at = end + 1; at > 0; at -= at & -at) before += tree[at];
      crossed += inserted - before;
    }
    for (const end of ends) for (let at = end + 1; at <= width; at += at & -at) tree[at]++;
    inserted += ends.length;
  }
  return crossed;
}

// Each column in turn towards the middle of its neighbours, in its order and with its gaps; the start ends at 0.
function heights(graph) {
  const { columns, up, down, count } = graph;
  const y = new Float64Array(graph.rank.length);
  const size = (node) => (node < count ? BOX.height : 2);
  const gap = (a, b) => (size(a) + size(b)) / 2 + (a < count && b < count ? GAP.box : GAP.line);
  const offsets = columns.map((column) => {
    const offset = [0];
    for (let at = 1; at < column.length; at++) offset.push(offset[at - 1] + gap(column[at - 1], column[at]));
    const middle = offset[offset.length - 1] / 2;
    column.forEach((node, at) => (y[node] = offset[at] - middle));
    return offset;
  });
  for (let sweep = 0; sweep < 8; sweep++) {
    const places = columns.map((_, at) => at);
    for (const at of sweep % 2 ? places.reverse() : places) {
      const wish = columns[at].map((node) => {
        const beside = sweep < 6 ? (sweep % 2 ? down : up)[node] : [...up[node], ...down[node]];
        let [sum, weights] = [0, 0];
        for (const other of beside) {
          const weight = node >= count && other >= count ? 8 : node >= count || other >= count ? 2 : 1;
          sum += weight * y[other];
          weights += weight;
        }
        return weights ? { y: sum / weights, weight: weights } : { y: y[node], weight: 0.1 };
      });
      isotonic(wish, offsets[at]).forEach((value, place) => (y[columns[at][place]] = value));
    }
  }
  const shift = y[0];
  return y.map((value) => value - shift);
}

// Pool adjacent violators: the nearest heights to the wished ones that keep order and gaps.
function isotonic(wish, offset) {
  const pools = [];
  wish.forEach((one, at) => {
    pools.push({ value: one.y - offset[at], weight: one.weight, size: 1 });
    while (pools.length > 1 && pools[pools.length - 2].value > pools[pools.length - 1].value) {
      const last = pools.pop();
      const pool = pools[pools.length - 1];
      pool.value = (pool.value * pool.weight + last.value * last.weight) / (pool.weight + last.weight);
      pool.weight += last.weight;
      pool.size += last.size;
    }
  });
  let at = 0;
  return pools.flatMap((pool) => Array.from({ length: pool.size }, () => pool.value + offset[at++]));
}
