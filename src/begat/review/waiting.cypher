MATCH (n:QaPair {trainingSheet: $sheet})
WHERE n.status IN $statuses
  AND (n.leasedUntil IS NULL OR n.leasedUntil <= $now OR n.leasedBy = $me)
  AND (n.assignees IS NULL OR $me IN n.assignees)
  AND NOT n.id IN $skipped
WITH n.id AS id, n.position AS position, n.leasedUntil > $now AND n.leasedBy = $me AS held
WITH id, position, coalesce(held, false) AS mine
ORDER BY mine DESC, position, id
WITH collect([id, mine]) AS waiting
RETURN [waiting[0..$most], size(waiting)]
