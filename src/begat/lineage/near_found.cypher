// The versions of endpoints that were found, wherever.
WITH id, starts, levels, found, [[x IN found WHERE x:EndpointVersion], []] AS near
