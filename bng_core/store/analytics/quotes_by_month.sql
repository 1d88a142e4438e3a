-- Quotes by the month in which they were made. A thread of requotes counts once, as it stands last;
-- revenue is what was accepted, with fees, in GBP without VAT.
SELECT
    date_trunc('month', made_at)::date AS month,
    count(*) AS quotes,
    count(*) FILTER (sold) AS sold,
    sum(total_gbp)::decimal(18, 2) AS quoted_gbp,
    coalesce(sum(total_gbp) FILTER (sold), 0)::decimal(18, 2) AS revenue_gbp
FROM thread
GROUP BY ALL
ORDER BY month
