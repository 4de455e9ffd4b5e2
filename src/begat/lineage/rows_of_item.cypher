// The pairs that were made of one row of a sheet.
MATCH (p:QaPair {sourceRow: $id}) RETURN collect(p.id)
