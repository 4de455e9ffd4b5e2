// Gives each principal its role in the project
UNWIND $rows AS row
MATCH (p:Principal {name: row.name})
MATCH (j:Project {id: $id})
CREATE (p)-[r:HAS_ROLE]->(j)
SET r.role = row.role, r.at = $at
RETURN count(r)
