// An immutable node itself.
UNWIND $ids AS id
MATCH (a:Version {id: id}) WHERE {scope}
CALL (a) { MATCH (a)<-[:OF*0..0]-(s) WHERE s.createdAt <= $at RETURN s }
