// The endpoints whose serving version serves these model versions, and with how many percent of its traffic each.
UNWIND $ids AS id
MATCH (m:Asset {id: id})<-[s:SERVES]-(v:EndpointVersion)-[:OF]->(e:Endpoint) WHERE e.version = v.number
RETURN collect([e.id, e.project, id, s.percent])
