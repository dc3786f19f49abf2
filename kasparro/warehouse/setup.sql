-- What the warehouse needs before anything runs. Every statement may run again.
-- Names in braces are filled in by setup.py. Where the server does not let us create roles, its administrator gets this
-- as a file.

-- Roles: three groups that hold the rights, and one login of this database for each
do $$ begin create role kasparro_loader nologin; exception when duplicate_object or unique_violation then null; end $$;
do $$ begin create role kasparro_transformer nologin; exception when duplicate_object or unique_violation then null; end $$;
do $$ begin create role kasparro_reader nologin; exception when duplicate_object or unique_violation then null; end $$;
do $$ begin create role {loader_login} login; exception when duplicate_object or unique_violation then null; end $$;
do $$ begin create role {transformer_login} login; exception when duplicate_object or unique_violation then null; end $$;
do $$ begin create role {reader_login} login; exception when duplicate_object or unique_violation then null; end $$;
alter role {loader_login} login password {loader_password} connection limit 20;
alter role {transformer_login} login password {transformer_password} connection limit 20;
alter role {reader_login} login password {reader_password} connection limit 40;
grant kasparro_loader to {loader_login}, current_user;
grant kasparro_transformer to {transformer_login}, current_user;
grant kasparro_reader to {reader_login}, current_user;

-- A login acts as its group, so that what it creates belongs to the group
alter role {loader_login} in database {database} set role = 'kasparro_loader';
alter role {transformer_login} in database {database} set role = 'kasparro_transformer';
alter role {loader_login} in database {database} set timezone = 'UTC';
alter role {loader_login} in database {database} set random_page_cost = 1.1; -- merges look raw up by its index
alter role {transformer_login} in database {database} set timezone = 'UTC';
alter role {transformer_login} in database {database} set default_statistics_target = 25; -- each pass analyses what it builds
alter role {transformer_login} in database {database} set work_mem = '32MB'; -- sorts of a whole market stay in memory
-- A statement whose program was killed ends, too, instead of holding its locks to its own end; not on every platform
do $$ begin
    alter role {loader_login} in database {database} set client_connection_check_interval = '2s';
    alter role {transformer_login} in database {database} set client_connection_check_interval = '2s';
exception when invalid_parameter_value then null; end $$;
alter role {reader_login} in database {database} set timezone = 'UTC';
alter role {reader_login} in database {database} set default_transaction_read_only = on;
grant connect on database {database} to kasparro_loader, kasparro_transformer, kasparro_reader;
grant temporary on database {database} to kasparro_loader, kasparro_transformer;

create extension if not exists pg_trgm;

-- Schemas: dlt writes raw, dbt writes the rest
create schema if not exists raw_coinpaprika authorization kasparro_loader;
create schema if not exists raw_coingecko authorization kasparro_loader;
create schema if not exists raw_csv authorization kasparro_loader;
create schema if not exists raw_rss authorization kasparro_loader;
create schema if not exists staging authorization kasparro_transformer;
create schema if not exists intermediate authorization kasparro_transformer;
create schema if not exists candidate authorization kasparro_transformer;
create schema if not exists marts authorization kasparro_transformer;
create schema if not exists ops authorization kasparro_transformer;
comment on schema raw_coinpaprika is 'CoinPaprika''s responses as they came, one row per coin and content';
comment on schema raw_coingecko is 'CoinGecko''s responses as they came, one row per coin and content';
comment on schema raw_csv is 'Rows of the CSV files';
comment on schema raw_rss is 'Articles of the RSS feeds';
comment on schema staging is 'Raw, renamed and cast, one to one';
comment on schema intermediate is 'Logic between staging and marts';
comment on schema candidate is 'The next version of the marts, audited here before it is published';
comment on schema marts is 'The product: coins, listings, quotes, news. Changes only as a whole published version';

-- Rights: each layer reads the one below it; readers see marts and ops, nothing else
grant usage on schema raw_coinpaprika, raw_coingecko, raw_csv, raw_rss to kasparro_transformer;
alter default privileges for role kasparro_loader in schema raw_coinpaprika grant select on tables to kasparro_transformer;
alter default privileges for role kasparro_loader in schema raw_coingecko grant select on tables to kasparro_transformer;
alter default privileges for role kasparro_loader in schema raw_csv grant select on tables to kasparro_transformer;
alter default privileges for role kasparro_loader in schema raw_rss grant select on tables to kasparro_transformer;
grant usage on schema marts, ops to kasparro_reader;
grant usage on schema ops to kasparro_loader;
alter default privileges for role kasparro_transformer in schema marts grant select on tables to kasparro_reader;
alter default privileges for role kasparro_transformer in schema ops grant select on tables to kasparro_reader;

-- The run ledger: written by the runner as it goes, so that it is true of runs that died, too
create table if not exists ops.etl_runs (
    run_id uuid primary key,
    trigger text not null,
    status text not null check (status in ('running', 'success', 'partial', 'failed', 'crashed')),
    started_at timestamptz not null default clock_timestamp(),
    completed_at timestamptz,
    duration_seconds numeric(12, 3),
    records_processed bigint not null default 0,
    version bigint,
    prefect_flow_run_id text,
    error text
);
alter table ops.etl_runs add column if not exists subject text;
comment on table ops.etl_runs is 'One row per extract-then-transform pass, and per coin of a backfill';
comment on column ops.etl_runs.subject is 'Of a backfill: whose past it reads, from when until when';
create index if not exists etl_runs_started_at on ops.etl_runs (started_at desc);
create table if not exists ops.etl_source_runs (
    run_id uuid not null references ops.etl_runs on delete cascade,
    source text not null,
    status text not null check (status in ('running', 'success', 'failed', 'crashed')),
    records_processed bigint not null default 0,
    records_rejected bigint not null default 0,
    started_at timestamptz not null default clock_timestamp(),
    completed_at timestamptz,
    duration_seconds numeric(12, 3),
    error text,
    primary key (run_id, source)
);
alter table ops.etl_source_runs
    add column if not exists calls_this_month bigint,
    add column if not exists calls_budget bigint,
    add column if not exists plan text;
comment on table ops.etl_source_runs is 'One row per pass and source';
create index if not exists etl_source_runs_source on ops.etl_source_runs (source, started_at desc);

create table if not exists ops.dbt_results (
    run_id uuid not null references ops.etl_runs on delete cascade,
    node text not null,
    kind text not null,
    layer text not null,
    status text not null,
    duration_seconds numeric(12, 3) not null,
    message text not null,
    primary key (run_id, node)
);
comment on table ops.dbt_results is 'One row per model, seed, audit and hook that a pass built, of the passes of a week; a pass that finds nothing new builds none';
alter table ops.dbt_results owner to kasparro_transformer;
grant select, insert on ops.dbt_results to kasparro_loader;

create table if not exists ops.run_anomalies (
    run_id uuid not null references ops.etl_runs on delete cascade,
    source text not null default '',
    kind text not null check (kind in ('record_count', 'duration', 'status_change', 'sources_changed', 'new_error')),
    severity text not null check (severity in ('info', 'warning', 'critical')),
    detail text not null,
    primary key (run_id, source, kind)
);
comment on table ops.run_anomalies is 'What was unusual about a pass, or a source of it, beside the passes before it';
alter table ops.run_anomalies owner to kasparro_transformer;
grant select, insert on ops.run_anomalies to kasparro_loader;

create table if not exists ops.alerts (
    kind text not null,
    subject text not null,
    message text not null,
    opened_at timestamptz not null default now(),
    closed_at timestamptz,
    primary key (kind, subject, opened_at)
);
comment on table ops.alerts is 'What the operator was told, since when, and until when it lasted';
alter table ops.alerts owner to kasparro_transformer;
grant select, insert, update on ops.alerts to kasparro_loader;

-- Publications: one row per published version of the marts, and which loads of raw it holds
create table if not exists ops.publications (
    version bigint primary key,
    published_at timestamptz not null default clock_timestamp(),
    run_id uuid,
    changes jsonb not null default '{{}}'
);
comment on table ops.publications is 'One row per published version of the marts';
create table if not exists ops.published_loads (
    schema_name text not null,
    load_id text not null,
    version bigint not null,
    primary key (schema_name, load_id)
);
comment on table ops.published_loads is 'Which loads of raw went into which version: what is not here yet is work for the next pass';
create table if not exists ops.build_marks (
    model text primary key,
    invocation_id text not null
);
comment on table ops.build_marks is 'Which run of dbt built each table last: a run publishes only what is all its own';
create unlogged table if not exists ops.last_build ( -- empty after a crash, as the unlogged tables are that it speaks of
    project text primary key,
    said text not null,
    landed text not null,
    version bigint not null,
    built_at timestamptz not null default clock_timestamp()
);
comment on table ops.last_build is 'What everything was last built of, as digests: none while the tables may be of several builds';
create table if not exists ops.identity_labels (
    truth text not null,
    coingecko_id text not null,
    coinpaprika_id text not null,
    is_same boolean not null,
    primary key (truth, coingecko_id, coinpaprika_id)
);
comment on table ops.identity_labels is 'Pairs of listings that are the same coin, or are not, as files given to make identity-eval say';
alter table ops.identity_labels owner to kasparro_transformer;
create table if not exists ops.drift_acceptances (
    source text not null,
    table_name text not null,
    field text not null,
    kind text not null,
    accepted_at timestamptz not null default clock_timestamp(),
    primary key (source, table_name, field, kind)
);
comment on table ops.drift_acceptances is 'Drift that people have accepted as it is, until the field is as it was again';
alter table ops.drift_acceptances owner to kasparro_transformer;
create table if not exists ops.pruned_quotes (
    pruned_before timestamptz primary key,
    pruned_at timestamptz not null default clock_timestamp()
);
comment on table ops.pruned_quotes is 'Up to when retention has removed quotes: hours and days from before are kept, for they could not be made anew';
alter table ops.pruned_quotes owner to kasparro_transformer;
alter table ops.build_marks owner to kasparro_transformer;
alter table ops.last_build owner to kasparro_transformer;
alter table ops.etl_runs owner to kasparro_transformer;
alter table ops.etl_source_runs owner to kasparro_transformer;
alter table ops.publications owner to kasparro_transformer;
alter table ops.published_loads owner to kasparro_transformer;
grant select, insert, update, delete on ops.etl_runs, ops.etl_source_runs to kasparro_loader;
grant select on ops.publications, ops.published_loads to kasparro_loader;
grant select, insert, delete on ops.identity_labels to kasparro_loader;
grant select on all tables in schema marts, ops to kasparro_reader;
