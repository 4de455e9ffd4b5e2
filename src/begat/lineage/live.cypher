// What may be live in effect among these assets: endpoints with the version that serves, monitors that are not paused,
// model versions that an alias names, and those that a serving version serves.
CALL () { MATCH (e:Endpoint) WHERE e.id IN $endpoints AND e.version IS NOT NULL RETURN collect([e.id, e.version]) AS serving }
CALL () {
  MATCH (m:Monitor) WHERE m.id IN $monitors AND m.status <> 'PAUSED' AND m.retention = 'LIVE'
  RETURN collect([m.id, m.endpoint]) AS watching
}
CALL () { MATCH (a:Alias) WHERE a.version IN $versions AND a.until IS NULL RETURN collect(DISTINCT a.version) AS named }
CALL () {
  MATCH (m:ModelVersion)<-[:SERVES]-(v:EndpointVersion)-[:OF]->(e:Endpoint)
  WHERE m.id IN $versions AND e.version = v.number
  RETURN collect(DISTINCT m.id) AS served
}
RETURN [serving, watching, named, served]
