-- What banks still have, by habitat; units before the spatial risk multiplier.
SELECT
    habitat,
    module,
    distinctiveness,
    count(DISTINCT bank_id) FILTER (units_available > 0) AS banks_with_stock,
    sum(received)::decimal(18, 4) AS received,
    sum(held)::decimal(18, 4) AS held,
    sum(sold)::decimal(18, 4) AS sold,
    sum(units_available)::decimal(18, 4) AS free,
    round(sum(sold) / nullif(sum(received), 0), 4) AS share_sold
FROM store.stock
LEFT JOIN store.habitats USING (habitat)
WHERE listed
GROUP BY ALL
ORDER BY habitat
