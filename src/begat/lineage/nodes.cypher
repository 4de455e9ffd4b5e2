// What is told of each node that was found.
CALL (found) { UNWIND found AS n RETURN collect([{projection}]) AS nodes }
WITH id, starts, found, nodes, [] AS depths
