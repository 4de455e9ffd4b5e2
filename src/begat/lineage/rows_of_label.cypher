// The pairs that any version of a label answered, at their birth or when they were regenerated.
CALL () {
  MATCH (:Asset {id: $id})<-[:OF]-(:LabelVersion)<-[:ANSWERED_WITH]-(p:QaPair) RETURN p
  UNION ALL
  MATCH (l:Asset {id: $id}) WITH l MATCH (p:QaPair {sourceRow: l.sourceRow})
  WHERE p.labelVersion STARTS WITH $id + ':' RETURN p
}
RETURN collect(DISTINCT p.id)
