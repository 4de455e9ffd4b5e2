// What watches an endpoint as a whole watches each of its versions; a walk down goes on from it.
CALL (found) {
  UNWIND found AS x MATCH (x:EndpointVersion)-[:OF]->(:Endpoint)<-[:WATCHES]-(m)
  WITH DISTINCT m MATCH (m)<-[:{edges}]-(n) WHERE n.createdAt <= $at
  WITH DISTINCT n LIMIT $limit
  RETURN collect(n) AS watching
}
WITH id, starts, found + watching AS found, depths
