// As learned_rows, for those rows of these snapshots that came from one of these generations, or for all of them.
UNWIND $snapshots AS id
MATCH (s:Version {id: id})<-[t:TRAINED_ON]-(:TrainingJob)<-[:PRODUCED_BY]-(m:ModelVersion)
MATCH (s)-[i:INCLUDES]->(p:QaPair)
WHERE t.split = i.split AND (s.id IN $whole OR coalesce(i.generation, p.generation) IN $generations)
RETURN [count(DISTINCT p), collect(DISTINCT [s.id, s.project]), collect(DISTINCT [m.id, m.project])]
