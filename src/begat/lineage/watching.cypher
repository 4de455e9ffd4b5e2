// What watches the endpoints whose versions were found, and what was made from that; nothing leads on from there.
// `further` are pairs of a node and one that is a hop further.
CALL (found) {
  UNWIND [x IN found WHERE x:EndpointVersion] AS x MATCH (x)-[:OF]->(:Endpoint)<-[e:WATCHES]-(n) WHERE {moment}
  RETURN collect([x.id, n.id])[..$limit] AS watching, collect(DISTINCT n)[..$limit] AS monitors
}
CALL (monitors) {
  UNWIND monitors AS x MATCH (x)<-[e:{edges}]-(n) WHERE {moment}
  RETURN collect([x.id, n.id])[..$limit] AS raised, collect(DISTINCT n)[..$limit] AS tasks
}
WITH id, starts, levels, found + monitors + tasks AS found, watching + raised AS further
