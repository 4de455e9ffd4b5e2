// Whose users they are: nodes that a walk starts at, and of versions of endpoints these as a whole too. Of more than
// most nobody is looked for.
WITH a, collect(DISTINCT s)[..$most] AS found
CALL (found) {
  UNWIND found AS x OPTIONAL MATCH (x)-[:OF]->(w:Endpoint) UNWIND [x, w] AS y
  WITH DISTINCT y WHERE y IS NOT NULL RETURN collect(y) AS front
}
// How many users they have by each relation, with each crowd_count, and an id before which there are none, where that is
// known of all that have any; of more than a few it counts only so many.
WITH a, found, front, [] AS used
