// What is asked of the asset that the walk starts at.
CALL (id) { MATCH (n:Asset {id: id}) RETURN {projection} AS start }
