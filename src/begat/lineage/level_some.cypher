// As level_down and level_next, ended before a level that has too many: it is then left out.
CALL (front) {
  UNWIND front AS x MATCH (x)<-[e:{edges}]-(n) WHERE {moment}
  WITH DISTINCT n LIMIT $limit RETURN collect(n) AS beyond
}
WITH a, starts, CASE WHEN size(beyond) < $limit THEN levels + [beyond] ELSE levels END AS levels,
  CASE WHEN size(beyond) < $limit THEN beyond ELSE [] END AS front
