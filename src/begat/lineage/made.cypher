// The relations from the nodes that were found; a pattern in a list costs three times as much.
CALL (found) {
  UNWIND found AS n MATCH (n)-[e:{edges}]->(m) WHERE {moment}
  RETURN collect(n.id) AS makers, collect({projection}) AS relations, collect(m.id) AS sources
}
