// The pairs that any version of a label answered.
MATCH (:Asset {id: $id})<-[:OF]-(:LabelVersion)<-[:ANSWERED_WITH]-(p:QaPair) RETURN collect(DISTINCT p.id)
