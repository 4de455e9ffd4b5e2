// See step_up.
MATCH (x)<-[e:{edges}]-(n) WHERE {moment}
WITH DISTINCT n ORDER BY n.id LIMIT $limit
WITH collect(n) AS found
