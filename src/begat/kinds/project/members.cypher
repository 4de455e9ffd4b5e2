// The roles held in a project: [principal, role]
MATCH (p:Principal)-[r:HAS_ROLE]->(:Project {id: $id})
RETURN collect([p.name, r.role])
