-- Versions are numbered as they come; a change of price, stock or bank makes one.
ALTER TABLE market_versions ADD COLUMN seq bigint, ALTER COLUMN tables DROP NOT NULL;
UPDATE market_versions v SET seq = o.seq
FROM (SELECT version, row_number() OVER (ORDER BY saved_at, version) AS seq FROM market_versions) o
WHERE v.version = o.version;
ALTER TABLE market_versions
    ALTER COLUMN seq SET NOT NULL, ADD CONSTRAINT market_versions_seq_key UNIQUE (seq);
CREATE INDEX market_versions_saved_at ON market_versions (saved_at);

-- Every row of the market as it ever was: from one version until another.
CREATE TABLE market_rows (
    relation text CONSTRAINT relation_known CHECK (relation IN ('banks', 'stock', 'prices')),
    key text,
    from_seq bigint REFERENCES market_versions (seq),
    to_seq bigint,
    content jsonb NOT NULL,
    PRIMARY KEY (relation, key, from_seq),
    CONSTRAINT versions_in_order CHECK (to_seq > from_seq)
);
CREATE UNIQUE INDEX market_rows_now ON market_rows (relation, key) WHERE to_seq IS NULL;

-- The version that this transaction makes. Changes of the market queue here, so that versions are
-- in the order in which they become visible, and reading one is reading all before it.
CREATE FUNCTION next_market_version() RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = public, pg_temp AS $$
DECLARE
    made bigint := nullif(current_setting('bng.market_seq', true), '')::bigint;
BEGIN
    IF made IS NULL THEN
        PERFORM pg_advisory_xact_lock(7402612);
        SELECT coalesce(max(seq), 0) + 1 INTO made FROM market_versions;
        -- The random part tells apart what two databases, or two lives of one, call number 7.
        INSERT INTO market_versions (version, seq, saved_at)
        VALUES (made || '-' || left(replace(gen_random_uuid()::text, '-', ''), 12), made,
                clock_timestamp());
        PERFORM set_config('bng.market_seq', made::text, true);
    END IF;
    RETURN made;
END $$;

CREATE FUNCTION market_changed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan AS $$
DECLARE
    id text := TG_ARGV[0];
    apart text[] := string_to_array(TG_ARGV[1], ' ');
    made bigint;
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NOT EXISTS (SELECT FROM new_rows) THEN
            RETURN NULL;
        END IF;
    ELSIF TG_OP = 'DELETE' THEN
        IF NOT EXISTS (SELECT FROM old_rows) THEN
            RETURN NULL;
        END IF;
    ELSIF NOT EXISTS (
        SELECT to_jsonb(o) - apart FROM old_rows o EXCEPT SELECT to_jsonb(n) - apart FROM new_rows n
    ) THEN
        RETURN NULL;
    END IF;
    made := next_market_version();
    IF TG_OP = 'DELETE' THEN
        DELETE FROM market_rows m USING old_rows o
        WHERE m.relation = TG_TABLE_NAME AND m.key = to_jsonb(o) ->> id AND m.from_seq = made;
        UPDATE market_rows m SET to_seq = made FROM old_rows o
        WHERE m.relation = TG_TABLE_NAME AND m.key = to_jsonb(o) ->> id AND m.to_seq IS NULL;
        RETURN NULL;
    END IF;
    IF TG_OP = 'UPDATE' THEN
        DELETE FROM market_rows m USING old_rows o
        WHERE m.relation = TG_TABLE_NAME AND m.key = to_jsonb(o) ->> id AND m.from_seq = made;
        UPDATE market_rows m SET to_seq = made FROM old_rows o
        WHERE m.relation = TG_TABLE_NAME AND m.key = to_jsonb(o) ->> id AND m.to_seq IS NULL
            AND NOT EXISTS (
                SELECT FROM new_rows n
                WHERE to_jsonb(n) ->> id = m.key AND to_jsonb(n) - apart = m.content
            );
    END IF;
    INSERT INTO market_rows (relation, key, from_seq, content)
    SELECT TG_TABLE_NAME, to_jsonb(n) ->> id, made, to_jsonb(n) - apart
    FROM new_rows n
    WHERE to_jsonb(n) ->> 'listed' IS DISTINCT FROM 'false' AND NOT EXISTS (
        SELECT FROM market_rows m
        WHERE m.relation = TG_TABLE_NAME AND m.key = to_jsonb(n) ->> id AND m.to_seq IS NULL
    );
    RETURN NULL;
END $$;

CREATE TRIGGER market_grows AFTER INSERT ON banks REFERENCING NEW TABLE AS new_rows
    EXECUTE FUNCTION market_changed('bank_id', '');
CREATE TRIGGER market_changes AFTER UPDATE ON banks
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    EXECUTE FUNCTION market_changed('bank_id', '');
CREATE TRIGGER market_shrinks AFTER DELETE ON banks REFERENCING OLD TABLE AS old_rows
    EXECUTE FUNCTION market_changed('bank_id', '');
CREATE TRIGGER market_grows AFTER INSERT ON prices REFERENCING NEW TABLE AS new_rows
    EXECUTE FUNCTION market_changed('price_id', '');
CREATE TRIGGER market_changes AFTER UPDATE ON prices
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    EXECUTE FUNCTION market_changed('price_id', '');
CREATE TRIGGER market_shrinks AFTER DELETE ON prices REFERENCING OLD TABLE AS old_rows
    EXECUTE FUNCTION market_changed('price_id', '');
CREATE TRIGGER market_grows AFTER INSERT ON stock REFERENCING NEW TABLE AS new_rows
    EXECUTE FUNCTION market_changed('stock_id', 'received held sold allocated gain_site');
CREATE TRIGGER market_changes AFTER UPDATE ON stock
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    EXECUTE FUNCTION market_changed('stock_id', 'received held sold allocated gain_site');
CREATE TRIGGER market_shrinks AFTER DELETE ON stock REFERENCING OLD TABLE AS old_rows
    EXECUTE FUNCTION market_changed('stock_id', 'received held sold allocated gain_site');

INSERT INTO market_rows (relation, key, from_seq, content)
SELECT relation, key, next_market_version(), content FROM (
    SELECT 'banks' AS relation, bank_id AS key, to_jsonb(b) AS content FROM banks b
    UNION ALL
    SELECT 'prices', price_id::text, to_jsonb(p) FROM prices p
    UNION ALL
    SELECT 'stock', stock_id,
           to_jsonb(s) - '{received,held,sold,allocated,gain_site}'::text[] FROM stock s
) market;
