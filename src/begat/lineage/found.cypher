WITH a, collect(DISTINCT s.id) AS starts, collect(DISTINCT n) AS found, [] AS levels
