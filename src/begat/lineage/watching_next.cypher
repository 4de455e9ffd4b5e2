// Beside a level down, what watches the endpoints whose versions the level began at; see watching_all.
CALL (front) {
  UNWIND front AS x MATCH (x:EndpointVersion)-[:OF]->(:Endpoint)<-[:WATCHES]-(n) WHERE n.createdAt <= $at
  WITH DISTINCT n LIMIT $limit
  RETURN collect(n) AS watching
}
WITH id, starts, levels, front, beyond + watching AS beyond
