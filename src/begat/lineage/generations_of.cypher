// The generations that the rows of each snapshot came from.
UNWIND $ids AS id
MATCH (:Version {id: id})-[:INCLUDES]->(p:QaPair) WHERE p.generation IS NOT NULL
WITH id, collect(DISTINCT p.generation) AS names
RETURN collect([id, names])
