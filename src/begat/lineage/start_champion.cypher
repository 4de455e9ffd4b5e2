// The model version that was the champion then, else the latest one.
UNWIND $ids AS id
MATCH (a:Asset {id: id}) WHERE {scope}
CALL (a) {
  OPTIONAL MATCH (c:Alias {model: a.id})
  WHERE c.name = 'champion' AND c.since <= $at AND (c.until IS NULL OR c.until > $at)
  WITH a, collect(c.version) AS champions
  MATCH (a)<-[:OF]-(s:ModelVersion) WHERE s.createdAt <= $at
  RETURN s ORDER BY CASE WHEN s.id IN champions THEN 0 ELSE 1 END, s.number DESC LIMIT 1
}
