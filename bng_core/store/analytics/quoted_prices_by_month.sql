-- Prices at which units were quoted, by the month in which the quote went out, GBP per bought unit;
-- the mean is weighted by units. Only the latest version of a quote counts, without removed lines.
SELECT
    date_trunc('month', quoted_at)::date AS month,
    module,
    count(*) AS lines,
    sum(units)::decimal(18, 4) AS units,
    (min(unit_price_pence) / 100)::decimal(12, 2) AS lowest_gbp,
    (sum(cost_pence) / sum(units) / 100)::decimal(12, 2) AS mean_gbp,
    (max(unit_price_pence) / 100)::decimal(12, 2) AS highest_gbp
FROM store.quote_lines
JOIN store.quote_versions USING (version_id)
LEFT JOIN store.habitats USING (habitat)
WHERE change <> 'removed' AND latest AND quoted_at IS NOT NULL
    AND quoted_at::date BETWEEN (SELECT since FROM period) AND (SELECT until FROM period)
GROUP BY ALL
ORDER BY month, module
