// Each node of the levels once.
CALL (levels) { UNWIND levels AS level UNWIND level AS n RETURN collect(DISTINCT n)[..$limit] AS found }
