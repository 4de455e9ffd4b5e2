// The snapshots that may hold rows which a generation made: those of its training sheet.
MATCH (:Version {id: $id})-[:OF]->(:TrainingSheet)<-[:OF]-(s:Snapshot) RETURN collect(s.id)
