// What watches the endpoints of which versions are `near`, and what was made from that: not where it lies behind the
// last of these lists. Nothing leads on from there. `further` are pairs of a node (of an endpoint as a whole for any of
// its versions) and one that is a hop further.
CALL (near) {
  UNWIND range(0, size(near) - 1) AS place UNWIND near[place] AS x MATCH (x)-[:OF]->(w:Endpoint)
  WITH w, min(place) AS place, size(near) - 1 AS last MATCH (w)<-[e:WATCHES]-(n) WHERE {moment}
  RETURN collect([w.id, n.id])[..$limit] AS watching, collect(DISTINCT n)[..$limit] AS monitors,
    collect(DISTINCT CASE WHEN place < last THEN n END)[..$limit] AS raising
}
CALL (raising) {
  UNWIND raising AS x MATCH (x)<-[e:{edges}]-(n) WHERE {moment}
  RETURN collect([x.id, n.id])[..$limit] AS raised, collect(DISTINCT n)[..$limit] AS tasks
}
WITH a, starts, levels, found + monitors + tasks AS found, watching + raised AS further
