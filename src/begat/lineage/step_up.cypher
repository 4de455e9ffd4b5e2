// One level of a walk that is too large for one statement: the next nodes of these, in id order, so that a cut is a
// prefix.
MATCH (x)-[e:{edges}]->(n) WHERE {moment}
WITH DISTINCT n ORDER BY n.id LIMIT $limit
WITH collect(n) AS found
