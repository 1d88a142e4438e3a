DROP TRIGGER market_grows ON banks;
DROP TRIGGER market_changes ON banks;
DROP TRIGGER market_shrinks ON banks;
DROP TRIGGER market_grows ON prices;
DROP TRIGGER market_changes ON prices;
DROP TRIGGER market_shrinks ON prices;
DROP TRIGGER market_grows ON stock;
DROP TRIGGER market_changes ON stock;
DROP TRIGGER market_shrinks ON stock;
DROP FUNCTION market_changed();
DROP FUNCTION next_market_version();

-- The earlier release keeps every version as text: write those that a run names, drop the others.
CREATE FUNCTION pg_temp.as_csv(wanted_relation text, wanted bigint, columns text[]) RETURNS text
LANGUAGE sql AS $$
    SELECT array_to_string(columns, ',') || E'\n' || coalesce(string_agg((
        SELECT string_agg(CASE WHEN cell ~ '[",\n]' THEN '"' || replace(cell, '"', '""') || '"'
                               ELSE coalesce(cell, '') END, ',' ORDER BY place)
        FROM (SELECT content ->> name AS cell, place
              FROM unnest(columns) WITH ORDINALITY AS c (name, place)) cells
    ), E'\n' ORDER BY key) || E'\n', '')
    FROM market_rows
    WHERE relation = wanted_relation AND from_seq <= wanted AND (to_seq IS NULL OR to_seq > wanted)
$$;
UPDATE market_versions SET tables = jsonb_build_object(
    'banks', pg_temp.as_csv('banks', seq, '{bank_id,bank_name,lpa,nca,lat,lon,lnrs,waterbody_id,operational_catchment,marine_plan_area,register_reference,status}'),
    'stock', pg_temp.as_csv('stock', seq, '{stock_id,bank_id,habitat,units_available}'),
    'prices', pg_temp.as_csv('prices', seq, '{bank_id,habitat,contract_size,tier,unit_price,basis,valid_from,valid_to}')
) WHERE tables IS NULL AND version IN (SELECT market_version FROM runs);
DROP TABLE market_rows;
DELETE FROM market_versions WHERE tables IS NULL;
DROP INDEX market_versions_saved_at;
ALTER TABLE market_versions DROP COLUMN seq, ALTER COLUMN tables SET NOT NULL;
