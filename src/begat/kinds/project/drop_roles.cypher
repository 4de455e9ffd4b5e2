// Takes away whatever role these principals hold in the project
MATCH (p:Principal)-[r:HAS_ROLE]->(:Project {id: $id})
WHERE p.name IN $names
DELETE r
RETURN count(p)
