// What watches an endpoint as a whole watches each of its versions; a walk down goes on from it.
CALL (found) {
  UNWIND found AS x MATCH (x:EndpointVersion)-[:OF]->(:Endpoint)<-[:WATCHES]-(m)
  WITH DISTINCT m MATCH (m)<-[:{edges}]-(n) WHERE {moment}
  RETURN collect(DISTINCT n)[..$limit] AS watching
}
WITH id, starts, found + watching AS found, depths
