-- Prices in force today by habitat, tier and contract size, GBP per unit on their own basis (§2.10).
SELECT
    habitat,
    tier,
    contract_size,
    coalesce(basis, 'bought') AS basis,
    count(DISTINCT bank_id) AS banks,
    min(unit_price) AS lowest_gbp,
    median(unit_price)::decimal(12, 2) AS median_gbp,
    max(unit_price) AS highest_gbp
FROM store.prices
JOIN store.banks USING (bank_id)
WHERE listed
    AND coalesce(valid_from <= current_date, true)
    AND coalesce(valid_to >= current_date, true)
GROUP BY ALL
ORDER BY habitat, tier, contract_size, basis
