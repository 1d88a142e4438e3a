-- Requests by day and how many were answered from an earlier run; seconds from request to answer.
SELECT
    created_at::date AS day,
    kind,
    count(*) AS requests,
    count(*) FILTER (answered_from_cache_of IS NOT NULL) AS from_cache,
    round(count(*) FILTER (answered_from_cache_of IS NOT NULL) / count(*), 4) AS hit_rate,
    count(*) FILTER (status IN ('failed', 'lost')) AS failed,
    round(median(date_diff('millisecond', created_at, finished_at)) / 1000, 2) AS median_s
FROM store.runs
WHERE created_at::date BETWEEN (SELECT since FROM period) AND (SELECT until FROM period)
GROUP BY ALL
ORDER BY day, kind
