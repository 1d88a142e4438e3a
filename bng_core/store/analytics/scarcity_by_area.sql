-- Free units of a habitat by the national character area of the bank, and how long they last at the
-- pace of the last 90 days that hold a sale; scarcest first. Without sales there is no pace.
WITH accepted AS MATERIALIZED (
    SELECT version_id, accepted_at
    FROM store.quote_versions
    WHERE latest AND state IN ('accepted', 'allocated')
),
sales AS (
    SELECT habitat, nca, sum(units) AS units
    FROM store.quote_lines
    JOIN accepted USING (version_id)
    JOIN store.banks USING (bank_id)
    WHERE change <> 'removed'
        AND accepted_at > (SELECT max(accepted_at) FROM accepted) - INTERVAL 90 DAY
    GROUP BY habitat, nca
),
shelf AS (
    SELECT habitat, nca, sum(units_available) AS free,
        count(DISTINCT bank_id) FILTER (units_available > 0) AS banks
    FROM store.stock
    JOIN store.banks USING (bank_id)
    WHERE stock.listed AND banks.listed
    GROUP BY habitat, nca
)
SELECT
    habitat,
    nca,
    coalesce(banks, 0) AS banks_with_stock,
    coalesce(free, 0)::decimal(18, 4) AS free,
    coalesce(units, 0)::decimal(18, 4) AS sold_in_90_days,
    round(coalesce(free, 0) / nullif(units, 0) * 90 / 7, 1) AS weeks_left
FROM shelf
FULL JOIN sales USING (habitat, nca)
ORDER BY weeks_left NULLS LAST, free, habitat, nca
