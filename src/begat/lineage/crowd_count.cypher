CALL (front) { UNWIND front AS x MATCH (x)<-[:{edges}]-(n) WITH n LIMIT $few RETURN count(n) AS users }
WITH front, counts + [users] AS counts
