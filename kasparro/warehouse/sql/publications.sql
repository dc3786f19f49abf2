-- Publications: one row per published version of the marts, and which loads of raw it holds
create table if not exists ops.publications (
    version bigint primary key,
    published_at timestamptz not null default clock_timestamp(),
    run_id uuid,
    changes jsonb not null default '{{}}'
);
alter table ops.publications add column if not exists publication_id uuid not null default gen_random_uuid();
comment on table ops.publications is 'One row per published version of the marts';
comment on column ops.publications.publication_id is 'Tells the version from one of the same number that was published before a backup was restored';
create table if not exists ops.derivations (
    name text primary key,
    marts text[] not null,
    digest text not null,
    made_at timestamptz not null default clock_timestamp()
);
comment on table ops.derivations is 'How incremental marts were made, as digests: one that is made in another way by now is made anew, from the records';
create table if not exists ops.restores (
    restore_id uuid primary key default gen_random_uuid(),
    restored_at timestamptz not null default clock_timestamp()
);
comment on table ops.restores is 'One row per backup put in place of the warehouse: what is remembered elsewhere of the time before is void';
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
alter table ops.derivations owner to kasparro_transformer;
alter table ops.restores owner to kasparro_transformer;
alter table ops.publications owner to kasparro_transformer;
alter table ops.published_loads owner to kasparro_transformer;
grant select on ops.publications, ops.published_loads, ops.restores to kasparro_loader;
grant select, insert, delete on ops.identity_labels to kasparro_loader;
grant select on all tables in schema marts, ops to kasparro_reader;
