// The model versions that were started from any of these, also by others in between; see reach_down.
UNWIND $ids AS id
MATCH (s:Asset {id: id})
CALL (s) { MATCH (s)<-[:STARTED_FROM|PRODUCED_BY*1..]-(n) RETURN DISTINCT n }
WITH n WHERE n:ModelVersion
RETURN collect(DISTINCT [n.id, n.project])
