MATCH (n:QaPair {trainingSheet: $sheet})
WHERE n.status IN $statuses
  AND (n.leasedUntil IS NULL OR n.leasedUntil <= $now OR n.leasedBy = $me)
  AND (n.assignees IS NULL OR $me IN n.assignees)
  AND NOT n.id IN $skipped
RETURN collect(CASE WHEN n.leasedUntil > $now AND n.leasedBy = $me THEN -n.position ELSE n.position END)
