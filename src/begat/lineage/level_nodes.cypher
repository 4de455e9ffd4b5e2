// What is told of each node, once, and the ids on each level.
CALL (levels) {
  UNWIND levels AS level UNWIND level AS n
  WITH DISTINCT n LIMIT $limit
  RETURN collect(n) AS found, collect([{projection}]) AS nodes
}
CALL (levels) { UNWIND levels AS level RETURN collect([n IN level | n.id]) AS depths }
