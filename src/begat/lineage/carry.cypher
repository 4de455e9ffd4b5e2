// The assets of what was reached, where a page can hold them all; else (null) they are asked for page by page.
CALL (found) {
  UNWIND CASE WHEN size(found) <= $carry THEN found ELSE [] END AS x
  OPTIONAL MATCH (x)-[:OF]->(o)
  WITH DISTINCT CASE WHEN x.asset IS NULL THEN x ELSE o END AS n
  WHERE {moment} AND {scope}
  RETURN collect({projection}) AS assets
}
