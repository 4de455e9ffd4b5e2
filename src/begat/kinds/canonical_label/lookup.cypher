MATCH (s:Sheet {id: $sheet}) WHERE $scope_all OR s.project IN $scope_projects
CALL (s) {
  UNWIND $rows AS row
  MATCH (n:CanonicalLabel {sourceRow: row})
  WHERE n.labelType = $labelType AND n.retention <> 'TRASHED' AND n.status <> 'REJECTED' AND {scope}
  RETURN collect({projection}) AS found
}
RETURN found
