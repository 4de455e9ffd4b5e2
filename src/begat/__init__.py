"""begat: a GraphQL API for the life of machine-learning assets, kept as a property graph."""
