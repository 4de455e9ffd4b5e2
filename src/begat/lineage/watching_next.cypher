// Beside a level down, what watches the endpoints whose versions the level began at; see watching_all.
CALL (front) {
  UNWIND front AS x MATCH (x:EndpointVersion)-[:OF]->(:Endpoint)<-[:WATCHES]-(n) WHERE {moment}
  RETURN collect(DISTINCT n)[..$limit] AS watching
}
WITH id, starts, levels, front, beyond + watching AS beyond
