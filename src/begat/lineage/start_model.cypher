// All immutable nodes of each Model: its versions and their evaluations.
UNWIND $ids AS id
MATCH (a:Asset {id: id}) WHERE {scope}
CALL (a) { MATCH (a)<-[:OF*0..2]-(s) WHERE s.createdAt <= $at RETURN s }
