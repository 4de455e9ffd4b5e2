WITH a, starts, levels + [beyond] AS levels, beyond AS front
