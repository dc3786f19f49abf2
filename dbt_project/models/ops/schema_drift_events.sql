{{
    config(
        materialized="incremental", unique_key="event_id", on_schema_change="append_new_columns", full_refresh=false,
        post_hook="{{ forget_ended_acceptances() }}",
    )
}}
-- Each drift once, from the load that first showed it to the one that no longer does.
with

drifted as (
    select * from {{ ref('int_loads__drifted') }}
),

waiting as (
    select * from {{ ref('int_loads__waiting') }}
),

received as (
    select * from {{ ref('int_fields__received') }}
),

acceptances as (
    select * from {{ ref('stg_ledger__drift_acceptances') }}
),

touched as (
    {{ touched_by_tables() }}
),

known as (
    {{ known_drift() }}
),

shown as (
    select distinct on (source, table_name, field, kind)
        drifted.*,
        min(drifted.loaded_at) over (partition by source, table_name, field, kind) as first_seen_at
    from drifted
    left join known using (source, table_name, field, kind)
    where
        known.event_id is null
        or drifted.load_id > known.load_id
        or (drifted.load_id = known.load_id and known.resolved_at is null)
    order by source, table_name, field, kind, drifted.load_id desc
),

events as (
    select
        case when known.resolved_at is null then known.event_id end as known_id,
        source,
        table_name,
        field,
        kind,
        coalesce(shown.sent_as, known.sent_as) as sent_as,
        coalesce(shown.severity, known.severity) as severity,
        coalesce(shown.confidence, known.confidence) as confidence,
        coalesce(shown.evidence, known.evidence) as evidence,
        coalesce(shown.example, known.example) as example,
        coalesce(shown.row_count, known.row_count) as row_count,
        coalesce(shown.load_id, known.load_id) as load_id,
        case when known.resolved_at is null then known.first_seen_at end as known_first_seen_at,
        shown.first_seen_at,
        coalesce(shown.loaded_at, known.last_seen_at) as last_seen_at,
        shown.load_id is not null as is_shown
    from shown
    full join known using (source, table_name, field, kind)
    where shown.load_id is not null or known.resolved_at is null
),

ended as (
    select
        events.*,
        concat_ws('.', events.source, events.table_name, events.field) as place,
        {{ drift_has_ended() }} as has_ended
    from events
),

schema_drift_events as (
    select
        -- ids
        coalesce(ended.known_id, md5(concat_ws('/', ended.place, ended.kind, ended.load_id))) as event_id,
        ended.source,
        ended.table_name,
        ended.field,
        ended.load_id,

        -- strings
        ended.kind,
        ended.severity,
        case
            when ended.kind = 'added' then 'noted'
            when ended.has_ended then 'resolved'
            when acceptances.source is not null then 'accepted'
            else 'open'
        end as status,
        ended.evidence,
        ended.example,
        ended.sent_as,
        case
            when ended.kind in ('renamed', 'retyped')
                then ended.place || ': ' || coalesce(ended.sent_as, ended.field)
        end as suggested_mapping,
        touched.touched_marts,
        touched.touched_endpoints,

        -- numerics
        ended.confidence,
        ended.row_count,

        -- timestamps
        coalesce(ended.known_first_seen_at, ended.first_seen_at) as first_seen_at,
        ended.last_seen_at,
        case when ended.has_ended then now() end as resolved_at
    from ended
    left join acceptances using (source, table_name, field, kind)
    left join touched using (source, table_name)
)

select * from schema_drift_events
