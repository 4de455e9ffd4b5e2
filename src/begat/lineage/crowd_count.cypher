CALL (front) { UNWIND front AS x MATCH (x)<-[:{edges}]-(n) WITH n LIMIT $few RETURN count(n) AS users }
CALL (front) {
  UNWIND front AS x WITH x WHERE EXISTS { (x)<-[:{edges}]-() }
  RETURN min(coalesce({projection}, '')) AS first
}
WITH a, found, front, used + [[users, coalesce(first, '')]] AS used
