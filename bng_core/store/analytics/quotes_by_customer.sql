-- Quotes and revenue (GBP, accepted, with fees) by customer, most revenue first.
SELECT
    customer,
    count(*) AS quotes,
    count(*) FILTER (sold) AS sold,
    sum(total_gbp)::decimal(18, 2) AS quoted_gbp,
    coalesce(sum(total_gbp) FILTER (sold), 0)::decimal(18, 2) AS revenue_gbp
FROM thread
GROUP BY ALL
ORDER BY revenue_gbp DESC, customer
