MATCH (a:Assignment {trainingSheet: $sheet})
WHERE a.reviewer = $reviewer AND a.sort = 'SKIP' AND a.until > $now
RETURN collect(a.pair)
