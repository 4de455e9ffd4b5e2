CALL (front) {
  UNWIND front AS x MATCH (x)-[e:{edges}]->(n) WHERE n.createdAt <= $at AND coalesce(e.since, '') <= $at
  WITH DISTINCT n LIMIT $limit
  RETURN collect(n) AS beyond
}
