// The pairs that one version of a label answered.
MATCH (:Version {id: $id})<-[:ANSWERED_WITH]-(p:QaPair) RETURN collect(DISTINCT p.id)
