// Assets that are their own immutable node.
UNWIND $ids AS id
MATCH (a:Asset {id: id}) WHERE {scope}
CALL (a) { MATCH (a)<-[:OF*0..0]-(s) WHERE s.createdAt <= $at RETURN s }
