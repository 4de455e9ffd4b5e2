// The assets of what was reached, where a page can hold them all; else (null) they are asked for page by page.
CALL (found) {
  UNWIND CASE WHEN size(found) <= $carry THEN found ELSE [] END AS x
  OPTIONAL MATCH (x)-[:OF]->(a) WHERE x.asset IS NOT NULL
  WITH DISTINCT coalesce(a, x) AS n
  WHERE n:Asset AND {scope}
  RETURN collect({projection}) AS assets
}
