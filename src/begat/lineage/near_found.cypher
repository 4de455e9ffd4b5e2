// The versions of endpoints that were found, wherever.
WITH a, starts, levels, found, [[x IN found WHERE x:EndpointVersion], []] AS near
