// Each node once, and the ids on each level.
CALL (levels) { UNWIND levels AS level UNWIND level AS n WITH DISTINCT n LIMIT $limit RETURN collect(n) AS found }
CALL (levels) { UNWIND levels AS level RETURN collect([n IN level | n.id]) AS depths }
