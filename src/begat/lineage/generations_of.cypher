// The generations that the rows of each snapshot came from: as frozen, since a row may have been regenerated later.
UNWIND $ids AS id
MATCH (:Version {id: id})-[i:INCLUDES]->(p:QaPair) WHERE coalesce(i.generation, p.generation) IS NOT NULL
WITH id, collect(DISTINCT coalesce(i.generation, p.generation)) AS names
RETURN collect([id, names])
