// What was made directly from any immutable node of each asset; not from itself (an evaluation is its model version's).
MATCH (s)<-[e:{edges}]-(u) WHERE u.createdAt <= $at AND {moment} AND coalesce(u.asset, u.id) <> coalesce(s.asset, s.id)
WITH id, s, e, u LIMIT $limit
WITH id, count(u) AS number, collect(DISTINCT [coalesce(u.asset, u.id), u.kind, u.project, {projection}, CASE WHEN s.id <> id THEN s.number END]) AS users
RETURN collect([id, number, users])
