UNWIND $keys AS key
MATCH (n:Asset {key: key})
WITH n ORDER BY n.id
SET n._lock = $tx
WITH n RETURN collect(properties(n))
