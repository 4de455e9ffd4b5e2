// Of the first nodes between two ids the first that use any of some.
LIMIT $near
WITH n WHERE any(id IN [(n)-[e:{edges}]->(m) WHERE {moment} | m.id] WHERE id IN $ids)
WITH n LIMIT $size
WITH {projection}, collect(n) AS users
