-- Roles and databases of the store, made by the server's administrator; safe to run at every start.
--
-- bng_owner    owns the tables: migrations, backup and restore
-- bng          the application: the rights of bng_core/store/rights.py and no others
-- bng_prefect  owns Prefect's database and sees no other
--
-- Passwords come from the environment, out of sight of other users: BNG_OWNER_PASSWORD,
-- BNG_POSTGRES_PASSWORD and BNG_PREFECT_DATABASE_PASSWORD.
\set ON_ERROR_STOP on
\getenv owner_password BNG_OWNER_PASSWORD
\getenv password BNG_POSTGRES_PASSWORD
\getenv prefect_password BNG_PREFECT_DATABASE_PASSWORD

select format('create role %I login', name) from unnest(array['bng_owner', 'bng', 'bng_prefect']) as name
where not exists (select from pg_roles where rolname = name) \gexec
alter role bng_owner password :'owner_password';
alter role bng password :'password';
alter role bng_prefect password :'prefect_password';

select format('create database %I', name) from unnest(array['bng', 'prefect']) as name
where not exists (select from pg_database where datname = name) \gexec
alter database bng owner to bng_owner;
alter database prefect owner to bng_prefect;
revoke all on database bng, prefect, postgres, template1 from public;
grant connect on database bng to bng;

-- Earlier releases had one role that owned everything.
\connect bng
reassign owned by bng to bng_owner;
revoke create on schema public from public;
grant usage on schema public to bng;

\connect prefect
reassign owned by bng to bng_prefect;
