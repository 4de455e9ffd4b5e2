MATCH (p:QaPair)
WHERE p.trainingSheet IN $ids
WITH p.trainingSheet AS id,
  count(p) AS rows,
  sum(CASE WHEN p.status = 'APPROVED' THEN 1 ELSE 0 END) AS approved,
  sum(CASE WHEN p.status = 'REJECTED' THEN 1 ELSE 0 END) AS rejected,
  sum(CASE WHEN p.status IN ['FLAGGED', 'DISPUTED'] THEN 1 ELSE 0 END) AS flagged,
  sum(CASE WHEN p.status = 'FAILED' THEN 1 ELSE 0 END) AS failed,
  count(DISTINCT toLower(trim(p.question))) AS questions,
  sum(CASE WHEN trim(p.question) = '' OR trim(coalesce(p.answer, '')) = '' THEN 1 ELSE 0 END) AS empty
RETURN collect([id, rows, approved, rejected, flagged, failed, rows - questions, empty])
