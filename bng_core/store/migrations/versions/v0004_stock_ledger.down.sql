DROP TABLE stock_policies;
DROP TRIGGER moved_by_ledger_only ON stock;
ALTER TABLE stock ADD COLUMN units_before numeric(14, 4) NOT NULL DEFAULT 0;
UPDATE stock SET units_before = units_available;
ALTER TABLE stock
    DROP COLUMN units_available, DROP COLUMN received, DROP COLUMN held, DROP COLUMN sold,
    DROP COLUMN allocated, DROP COLUMN gain_site;
DROP TABLE stock_ledger;
DROP TABLE hold_lines;
DROP TABLE holds;
DROP FUNCTION book_movements();
DROP FUNCTION ledger_only_grows();
DROP FUNCTION moved_by_ledger_only();
ALTER TABLE stock RENAME COLUMN units_before TO units_available;
ALTER TABLE stock ALTER COLUMN units_available DROP DEFAULT;
ALTER TABLE stock ADD CONSTRAINT units_available_not_negative CHECK (units_available >= 0);
-- The earlier release knows no bank or lot that is not in the market.
DROP TABLE gain_sites;
DELETE FROM prices WHERE bank_id IN (SELECT bank_id FROM banks WHERE NOT listed);
DELETE FROM stock WHERE NOT listed OR bank_id IN (SELECT bank_id FROM banks WHERE NOT listed);
DELETE FROM banks WHERE NOT listed;
ALTER TABLE banks DROP COLUMN listed;
ALTER TABLE stock DROP COLUMN listed, DROP CONSTRAINT stock_habitat_fkey;
ALTER TABLE prices
    DROP CONSTRAINT one_price_a_day,
    DROP CONSTRAINT unit_price_is_a_number,
    DROP CONSTRAINT prices_habitat_fkey;
DROP TABLE habitats;
DROP EXTENSION btree_gist;
