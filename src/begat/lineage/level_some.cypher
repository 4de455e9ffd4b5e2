// As level_down, ended as soon as there are too many; to count all and take some is faster where there are few.
CALL (front) {
  UNWIND front AS x MATCH (x)<-[e:{edges}]-(n) WHERE {moment}
  WITH DISTINCT n LIMIT $limit RETURN collect(n) AS beyond
}
