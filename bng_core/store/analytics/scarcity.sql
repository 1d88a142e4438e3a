-- How long the free stock of a habitat lasts at the pace at which it was sold in the last 90 days
-- that hold a sale; scarcest first. Without sales there is no pace, and no figure.
WITH accepted AS MATERIALIZED (
    SELECT version_id, accepted_at
    FROM store.quote_versions
    WHERE latest AND state IN ('accepted', 'allocated')
),
sales AS (
    SELECT habitat, sum(units) AS units
    FROM store.quote_lines
    JOIN accepted USING (version_id)
    WHERE change <> 'removed'
        AND accepted_at > (SELECT max(accepted_at) FROM accepted) - INTERVAL 90 DAY
    GROUP BY habitat
),
shelf AS (
    SELECT habitat, sum(units_available) AS free, max(units_available) AS largest_lot
    FROM store.stock
    WHERE listed
    GROUP BY habitat
)
SELECT
    habitat,
    coalesce(free, 0)::decimal(18, 4) AS free,
    coalesce(largest_lot, 0)::decimal(18, 4) AS largest_lot,
    coalesce(units, 0)::decimal(18, 4) AS sold_in_90_days,
    round(coalesce(free, 0) / nullif(units, 0) * 90 / 7, 1) AS weeks_left
FROM shelf
FULL JOIN sales USING (habitat)
ORDER BY weeks_left NULLS LAST, free, habitat
