// Some nodes, whatever they are; a list of ids that is compared with IN would not be looked up in the embedded graph.
CALL () {
  UNWIND $ids AS id MATCH (x:Asset {id: id}) RETURN x
  UNION ALL UNWIND $ids AS id MATCH (x:Version {id: id}) RETURN x
  UNION ALL UNWIND $ids AS id MATCH (x:Row {id: id}) RETURN x
}
