// Of used_by the lines of these.
MATCH (x)-[e:{edges}]->(s) WHERE s.id IN $starts AND {moment} AND coalesce(x.asset, x.id) <> coalesce(s.asset, s.id)
RETURN collect(DISTINCT [coalesce(x.asset, x.id), x.kind, x.project, {projection}, CASE WHEN s.id <> $id THEN s.number END])
