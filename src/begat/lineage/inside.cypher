// The relations of a walk that has found all users of what it found, from what these were made from: of what they were
// made from, half lies elsewhere. A walk past the limit is taken again, and may have met very many users: none.
CALL (found) {
  UNWIND CASE WHEN size(found) < $limit THEN found ELSE [] END AS m MATCH (m)<-[e:{edges}]-(n) WHERE {moment}
  WITH {projection} AS relation, collect(n.id) AS makers, collect(m.id) AS sources
  RETURN collect([relation, makers, sources]) AS inside
}
