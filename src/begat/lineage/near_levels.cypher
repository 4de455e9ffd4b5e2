// The versions of endpoints on each level but the last one: what watches those of the last is a hop too far.
WITH a, starts, levels, found, [level IN levels[..-1] | [x IN level WHERE x:EndpointVersion]] AS near
