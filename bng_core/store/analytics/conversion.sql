-- What became of the quotes of each month: shares of those that went out, and days until accepted.
SELECT
    date_trunc('month', made_at)::date AS month,
    count(*) FILTER (quoted_at IS NOT NULL) AS went_out,
    count(*) FILTER (sold) AS sold,
    count(*) FILTER (state = 'quoted') AS still_open,
    count(*) FILTER (state = 'expired') AS expired,
    count(*) FILTER (state = 'withdrawn') AS withdrawn,
    round(count(*) FILTER (sold) / nullif(count(*) FILTER (quoted_at IS NOT NULL), 0), 4)
        AS conversion,
    round(median(date_diff('minute', quoted_at, accepted_at)) FILTER (sold) / 1440, 1)
        AS days_to_accept
FROM thread
GROUP BY ALL
ORDER BY month
