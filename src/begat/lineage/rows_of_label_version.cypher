// The pairs that one version of a label answered, at their birth or when they were regenerated.
CALL () {
  MATCH (:Version {id: $id})<-[:ANSWERED_WITH]-(p:QaPair) RETURN p
  UNION ALL
  MATCH (:Version {id: $id})-[:OF]->(l:CanonicalLabel) WITH l MATCH (p:QaPair {sourceRow: l.sourceRow})
  WHERE p.labelVersion = $id RETURN p
}
RETURN collect(DISTINCT p.id)
