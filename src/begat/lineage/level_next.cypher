WITH id, starts, levels + [beyond] AS levels, beyond AS front
