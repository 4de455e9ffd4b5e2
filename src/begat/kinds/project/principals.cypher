// A role can be given before its holder has a token
UNWIND $rows AS row
MERGE (p:Principal {name: row.name})
ON CREATE SET p.createdAt = $at
RETURN count(p)
