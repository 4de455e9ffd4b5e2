// A walk level by level: the starts, and with each level_up or level_down the nodes one hop further.
WITH a, collect(DISTINCT s) AS front
WITH a, [n IN front | n.id] AS starts, front, [front] AS levels
