"""A walk as a document in the formats of others: one file a format, all of the same walk and the same names."""
