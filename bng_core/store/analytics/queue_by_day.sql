-- Runs that were computed, by the day on which they were asked for: seconds that they waited for a
-- worker and were at work, and how they ended. Answers from the cache never queue and are left out.
SELECT
    created_at::date AS day,
    count(*) AS computed,
    count(*) FILTER (status IN ('failed', 'lost')) AS failed,
    count(*) FILTER (status = 'cancelled') AS cancelled,
    count(*) FILTER (status IN ('queued', 'running')) AS not_ended,
    round(median(date_diff('millisecond', created_at, started_at)) / 1000, 2) AS median_wait_s,
    round(max(date_diff('millisecond', created_at, started_at)) / 1000, 2) AS longest_wait_s,
    round(median(date_diff('millisecond', started_at, finished_at)) / 1000, 2) AS median_work_s
FROM store.runs
WHERE answered_from_cache_of IS NULL
    AND created_at::date BETWEEN (SELECT since FROM period) AND (SELECT until FROM period)
GROUP BY ALL
ORDER BY day
