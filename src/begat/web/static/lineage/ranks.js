// Columns: every node further from the start than all it hangs on, and long edges no longer than they have to be; pure.

/** `{ rank, arcs }`: the column of each of `count` nodes (node 0, the start, has 0), and the edges `[near, far]` that
 * lead from a lower to a higher column (those that close a circle are turned around). */
export function ranked(count, edges) {
  const arcs = acyclic(count, edges);
  const next = Array.from({ length: count }, () => []);
  const back = Array.from({ length: count }, () => []);
  for (const [near, far] of arcs) {
    next[near].push(far);
    back[far].push(near);
  }
  const sorted = topological(next, back);
  const rank = new Int32Array(count);
  for (const node of sorted) for (const far of next[node]) rank[far] = Math.max(rank[far], rank[node] + 1);
  tighten(rank, sorted, next, back);
  return { rank, arcs };
}

// Depth first; what leads back to a node that is still on the way is turned around.
function acyclic(count, edges) {
  const out = Array.from({ length: count }, () => []);
  edges.forEach(([near, far], place) => near !== far && out[near].push([far, place]));
  const state = new Uint8Array(count);
  const turned = new Set();
  for (let root = 0; root < count; root++) {
    if (state[root]) continue;
    const way = [[root, 0]];
    state[root] = 1;
    while (way.length) {
      const top = way[way.length - 1];
      const step = out[top[0]][top[1]++];
      if (!step) {
        state[top[0]] = 2;
        way.pop();
      } else if (state[step[0]] === 1) turned.add(step[1]);
      else if (!state[step[0]]) {
        state[step[0]] = 1;
        way.push([step[0], 0]);
      }
    }
  }
  return edges.flatMap(([near, far], place) => (near === far ? [] : [turned.has(place) ? [far, near] : [near, far]]));
}

function topological(next, back) {
  const left = back.map((nodes) => nodes.length);
  const sorted = left.flatMap((count, node) => (count ? [] : [node]));
  for (let place = 0; place < sorted.length; place++) {
    for (const far of next[sorted[place]]) if (!--left[far]) sorted.push(far);
  }
  return sorted;
}

// Longest paths put everything as near to the start as can be. A node with more edges outwards than inwards moves out
// as far as it may, one with more inwards moves in: what is left of a network simplex, in a few passes.
function tighten(rank, sorted, next, back) {
  for (let pass = 0; pass < 6; pass++) {
    let moved = false;
    for (const node of pass % 2 ? sorted : [...sorted].reverse()) {
      if (!back[node].length) continue; // the start stays
      const pull = next[node].length - back[node].length;
      const goal = pull > 0 ? Math.min(...next[node].map((far) => rank[far])) - 1
        : pull < 0 ? Math.max(...back[node].map((near) => rank[near])) + 1 : rank[node];
      if (goal !== rank[node]) {
        rank[node] = goal;
        moved = true;
      }
    }
    if (!moved) return;
  }
}
