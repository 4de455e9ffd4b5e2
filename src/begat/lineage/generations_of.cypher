// The generations that the rows of each snapshot came from: as frozen, since a row may have been regenerated later.
UNWIND $ids AS id
MATCH (:Version {id: id})-[i:INCLUDES]->(p:QaPair) WHERE coalesce(i.generation, p.generation) IS NOT NULL
WITH DISTINCT id, coalesce(i.generation, p.generation) AS name
MATCH (g:Version {id: name})
WITH id, collect([g.id, g.project]) AS generations
RETURN collect([id, generations])
