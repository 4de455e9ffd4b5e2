// What watches the endpoints whose versions were found on the levels, and what was made from that: `further` are pairs
// of a node and one that is a hop further, from which nothing leads on. At each level it would cost a tenth of the walk.
CALL (found) {
  UNWIND [x IN found WHERE x:EndpointVersion] AS x MATCH (x)-[:OF]->(:Endpoint)<-[e:WATCHES]-(n) WHERE {moment}
  RETURN collect([x.id, n.id])[..$limit] AS watching, collect(DISTINCT n)[..$limit] AS monitors
}
CALL (monitors) {
  UNWIND monitors AS x MATCH (x)<-[e:{edges}]-(n) WHERE {moment}
  RETURN collect([x.id, n.id])[..$limit] AS raised, collect(DISTINCT n)[..$limit] AS tasks
}
WITH id, starts, levels, found + monitors + tasks AS found, watching + raised AS further
