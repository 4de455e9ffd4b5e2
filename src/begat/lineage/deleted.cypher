// Which of these assets are in the trash or purged.
MATCH (a:Asset) WHERE a.id IN $ids AND a.retention IN ['TRASHED', 'PURGED'] RETURN collect(a.id)
