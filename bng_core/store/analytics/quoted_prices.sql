-- Prices at which units were quoted in the period by habitat, tier and contract size, GBP per bought unit; the
-- mean is weighted by units. The tier follows from the spatial risk multiplier (§2.3).
SELECT
    habitat,
    CASE srm WHEN 1 THEN 'local' WHEN 0.75 THEN 'adjacent' ELSE 'far' END AS tier,
    contract_size,
    count(*) AS lines,
    sum(units)::decimal(18, 4) AS units,
    (min(unit_price_pence) / 100)::decimal(12, 2) AS lowest_gbp,
    (sum(cost_pence) / sum(units) / 100)::decimal(12, 2) AS mean_gbp,
    (max(unit_price_pence) / 100)::decimal(12, 2) AS highest_gbp
FROM store.quote_lines
JOIN store.quote_versions USING (version_id)
WHERE change <> 'removed' AND latest AND quoted_at IS NOT NULL
    AND quoted_at::date BETWEEN (SELECT since FROM period) AND (SELECT until FROM period)
GROUP BY ALL
ORDER BY habitat, tier, contract_size
