// The version that was the latest then.
UNWIND $ids AS id
MATCH (a:Asset {id: id}) WHERE {scope}
CALL (a) { MATCH (a)<-[:OF]-(s:Version) WHERE s.createdAt <= $at RETURN s ORDER BY s.number DESC LIMIT 1 }
