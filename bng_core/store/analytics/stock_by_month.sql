-- Units that banks had at the end of each month in which units moved, from the ledger: received, held
-- by quotes, sold, and free (received - held - sold); before the spatial risk multiplier.
WITH moved AS (
    SELECT
        date_trunc('month', "at")::date AS month,
        sum(units) FILTER (kind IN ('receive', 'correct')) AS received,
        sum(CASE WHEN kind = 'hold' THEN units
            WHEN kind IN ('release', 'expire', 'convert') THEN -units END) AS held,
        sum(CASE kind WHEN 'convert' THEN units WHEN 'return' THEN -units END) AS sold
    FROM store.stock_ledger
    GROUP BY month
),
standing AS (
    SELECT
        month,
        sum(coalesce(received, 0)) OVER so_far AS received,
        sum(coalesce(held, 0)) OVER so_far AS held,
        sum(coalesce(sold, 0)) OVER so_far AS sold
    FROM moved
    WINDOW so_far AS (ORDER BY month)
)
SELECT
    month,
    received::decimal(18, 4) AS received,
    held::decimal(18, 4) AS held,
    sold::decimal(18, 4) AS sold,
    (received - held - sold)::decimal(18, 4) AS free
FROM standing
WHERE month BETWEEN date_trunc('month', (SELECT since FROM period)) AND (SELECT until FROM period)
ORDER BY month
