// The assets of what was reached, where a page can hold them all; else (null) they are asked for page by page.
CALL (found) {
  UNWIND CASE WHEN size(found) <= $carry THEN found ELSE [] END AS x
  MATCH (x)-[:OF*0..1]->(n:Asset) WHERE n.id = coalesce(x.asset, x.id) AND {scope}
  WITH DISTINCT n
  RETURN collect([{projection}]) AS assets
}
