-- The run ledger: written by the runner as it goes, so that it is true of runs that died, too
create table if not exists ops.etl_runs (
    run_id uuid primary key,
    trigger text not null,
    status text not null,
    started_at timestamptz not null default clock_timestamp(),
    completed_at timestamptz,
    duration_seconds numeric(12, 3),
    records_processed bigint not null default 0,
    version bigint,
    prefect_flow_run_id text,
    error text
);
alter table ops.etl_runs
    add column if not exists subject text,
    add column if not exists sources text[],
    drop constraint if exists etl_runs_status_check,
    add constraint etl_runs_status_check
        check (status in ('running', 'success', 'partial', 'failed', 'crashed', 'cancelled'));
comment on table ops.etl_runs is 'One row per extract-then-transform pass, and per coin of a backfill';
comment on column ops.etl_runs.status is 'success; partial: some source failed, the rest is published; failed: nothing is published; crashed: killed; cancelled: stopped by people';
comment on column ops.etl_runs.subject is 'Of a backfill: whose past it reads, from when until when';
comment on column ops.etl_runs.sources is 'The sources that were named by hand for this run; null for all that are on';
create index if not exists etl_runs_started_at on ops.etl_runs (started_at desc);
create table if not exists ops.etl_source_runs (
    run_id uuid not null references ops.etl_runs on delete cascade,
    source text not null,
    status text not null,
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
    add column if not exists plan text,
    drop constraint if exists etl_source_runs_status_check,
    add constraint etl_source_runs_status_check
        check (status in ('running', 'success', 'failed', 'crashed', 'cancelled'));
comment on table ops.etl_source_runs is 'One row per pass and source';
comment on column ops.etl_source_runs.status is 'success: read, and not held back by the end of its run; a run that publishes nothing has none';
comment on column ops.etl_source_runs.error is 'Why; equal to the error of its run where the run is the reason, not the source';
create index if not exists etl_source_runs_source on ops.etl_source_runs (source, started_at desc);
alter table ops.etl_runs owner to kasparro_transformer;
alter table ops.etl_source_runs owner to kasparro_transformer;
grant select, insert, update, delete on ops.etl_runs, ops.etl_source_runs to kasparro_loader;

-- What the ledger and the quarantine no longer hold: counters of /metrics are the sum of these and those, and never fall
create table if not exists ops.past_source_runs (
    source text not null,
    status text not null,
    runs bigint not null,
    records_processed bigint not null,
    duration_seconds numeric not null,
    primary key (source, status)
);
create table if not exists ops.past_runs (
    status text primary key,
    runs bigint not null
);
create table if not exists ops.past_provider_calls (
    source text not null,
    month timestamptz not null,
    calls bigint not null,
    primary key (source, month)
);
create table if not exists ops.past_rejected_records (
    source text primary key,
    records bigint not null
);
comment on table ops.past_source_runs is 'How many runs of each source maintenance has removed from ops.etl_source_runs, and what they came to';
comment on table ops.past_runs is 'How many runs maintenance has removed from ops.etl_runs, backfills aside';
comment on table ops.past_provider_calls is 'The most calls that a removed run of each source had counted, by month';
comment on table ops.past_rejected_records is 'How many records maintenance has removed from quarantine, each once';
alter table ops.past_source_runs owner to kasparro_transformer;
alter table ops.past_runs owner to kasparro_transformer;
alter table ops.past_provider_calls owner to kasparro_transformer;
alter table ops.past_rejected_records owner to kasparro_transformer;
grant select, insert, update on ops.past_rejected_records to kasparro_loader;

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
