// A walk level by level: the starts, and with each level_up or level_down the nodes one hop further.
WITH id, collect(DISTINCT s) AS front
WITH id, [n IN front | n.id] AS starts, front, [front] AS levels
