// The relations of which a source has very many, from the other end.
CALL (found) {
  UNWIND found AS n MATCH (n)<-[e:{edges}]-(m)
  WITH type(e) AS relation, collect(m.id) AS holders, collect(n.id) AS held
  RETURN collect([relation, holders, held]) AS used
}
