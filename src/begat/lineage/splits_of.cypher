// The splits that each job was trained on, with the number of their rows.
UNWIND $ids AS id
MATCH (:Asset {id: id})-[t:TRAINED_ON]->(s:Snapshot)
CALL (t, s) { MATCH (s)-[i:INCLUDES]->() WHERE i.split = t.split RETURN count(i) AS rows }
WITH id, t.split AS split, sum(rows) AS rows
RETURN collect([id, split, rows])
