-- One row for each quote made in the period: its latest version, by whom and for where.
SELECT
    q.number,
    v.version_id,
    v.state,
    v.state IN ('accepted', 'allocated') AS sold,
    v.contract_size,
    (v.total_pence / 100)::decimal(18, 2) AS total_gbp,
    q.created_at AS made_at,
    v.quoted_at,
    v.accepted_at,
    q.lpa,
    c.customer_name AS customer,
    q.promoter
FROM store.quotes q
JOIN store.quote_versions v ON v.number = q.number AND v.latest
JOIN store.customers c USING (customer_id)
WHERE q.created_at::date BETWEEN (SELECT since FROM period) AND (SELECT until FROM period)
