// The pairs that were made to correct the answer which a feedback is about.
MATCH (:Row {id: $id})<-[:CORRECTS]-(p:QaPair) RETURN collect(p.id)
