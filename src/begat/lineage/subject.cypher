// What sort of node an id names, if it is in scope.
CALL () {
  MATCH (n:Asset {id: $id}) WHERE {scope} RETURN n
  UNION ALL MATCH (n:Version {id: $id}) WHERE {scope} RETURN n
  UNION ALL MATCH (n:Row {id: $id}) WHERE {scope} RETURN n
}
RETURN n.kind
