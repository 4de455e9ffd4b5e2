// What was made from the starts; see reach_up.
CALL (s) { MATCH (s)<-[:{edges}]-(n) WHERE {moment} RETURN DISTINCT n LIMIT $limit }
