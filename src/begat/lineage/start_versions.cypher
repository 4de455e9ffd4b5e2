// Each asset with its immutable nodes. No further hop: of a version with very many users the embedded graph reads them
// all to find that none of them is its part.
UNWIND $ids AS id
MATCH (a:Asset {id: id}) WHERE {scope}
CALL (a) { MATCH (a)<-[:OF*0..1]-(s) WHERE s.createdAt <= $at RETURN s }
