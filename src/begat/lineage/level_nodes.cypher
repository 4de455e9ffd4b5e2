// Each node of the levels once.
CALL (levels) { UNWIND levels AS level UNWIND level AS n WITH DISTINCT n LIMIT $limit RETURN collect(n) AS found }
