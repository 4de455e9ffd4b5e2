// Through which snapshots, and into which model versions, these rows were learned: only by the splits trained on.
UNWIND $ids AS id
MATCH (p:Row {id: id})<-[i:INCLUDES]-(s:Snapshot)<-[t:TRAINED_ON]-(:TrainingJob)<-[:PRODUCED_BY]-(m:ModelVersion)
WHERE t.split = i.split
RETURN [count(DISTINCT p), collect(DISTINCT [s.id, s.project]), collect(DISTINCT [m.id, m.project])]
