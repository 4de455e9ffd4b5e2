CALL (front) {
  UNWIND front AS x MATCH (x)-[e:{edges}]->(n) WHERE {moment}
  RETURN collect(DISTINCT n)[..$limit] AS beyond
}
