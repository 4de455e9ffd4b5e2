// One level of a walk that is too large for one statement: its next nodes, in id order, so that a cut is a prefix.
CALL () {
  MATCH (x:Asset) WHERE x.id IN $ids RETURN x
  UNION ALL MATCH (x:Version) WHERE x.id IN $ids RETURN x
  UNION ALL MATCH (x:Row) WHERE x.id IN $ids RETURN x
}
MATCH (x)-[e:{edges}]->(n) WHERE {moment}
WITH DISTINCT n ORDER BY n.id LIMIT $limit
WITH collect(n) AS found
