with

source_runs as (
    select * from {{ ref('stg_ledger__etl_source_runs') }}
),

finished as (
    select * from source_runs where status not in ('running', 'cancelled')
),

latest as (
    select distinct on (source) *
    from finished
    order by source, started_at desc
),

history as (
    select
        source,
        max(completed_at) filter (where status = 'success') as last_success_at,
        max(completed_at) filter (where status <> 'success') as last_failure_at
    from finished
    group by source
),

source_status as (
    select
        -- ids
        latest.source,

        -- strings
        latest.status,
        latest.error,
        latest.plan,

        -- numerics
        latest.records_processed,
        latest.records_rejected,
        latest.calls_this_month,
        latest.calls_budget,

        -- timestamps
        latest.completed_at as last_run_at,
        history.last_success_at,
        history.last_failure_at
    from latest
    inner join history using (source)
)

select * from source_status
