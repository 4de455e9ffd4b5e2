// How many users these have by each relation, with each crowd_count; of more than a few it counts only so many.
WITH collect(x) AS front, [] AS counts
