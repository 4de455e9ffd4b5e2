// The version of an endpoint that was live then, else the latest one.
UNWIND $ids AS id
MATCH (a:Asset {id: id}) WHERE {scope}
CALL (a) {
  MATCH (a)<-[:OF]-(s:EndpointVersion) WHERE s.createdAt <= $at
  RETURN s ORDER BY CASE WHEN s.liveFrom <= $at AND (s.liveUntil IS NULL OR s.liveUntil > $at) THEN 0 ELSE 1 END,
    s.number DESC LIMIT 1
}
