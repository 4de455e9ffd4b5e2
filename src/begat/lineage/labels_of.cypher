// The label versions that rows of each snapshot were answered with.
UNWIND $ids AS id
MATCH (:Version {id: id})-[:USES_LABEL]->(v:LabelVersion)
WITH id, collect([v.id, v.project]) AS versions
RETURN collect([id, versions])
