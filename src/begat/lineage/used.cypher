// The relations of which a source has very many, from the other end.
CALL (found) {
  UNWIND found AS n MATCH (n)<-[e:{edges}]-(m)
  RETURN collect(m.id) AS holders, collect(type(e)) AS holding, collect(n.id) AS held
}
