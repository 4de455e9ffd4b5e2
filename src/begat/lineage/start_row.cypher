// Rows, which are their own immutable node.
UNWIND $ids AS id
MATCH (a:Row {id: id}) WHERE {scope}
CALL (a) { MATCH (a)<-[:OF*0..0]-(s) WHERE s.createdAt <= $at RETURN s }
