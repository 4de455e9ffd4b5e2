// What the starts were made from. This form alone is pruned on both databases: it costs nodes and edges, never paths.
CALL (s) { MATCH (s)-[:{edges}]->(n) RETURN DISTINCT n LIMIT $limit }
