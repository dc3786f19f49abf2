-- Loads that wait for a decision: a required field is missing, retyped, renamed or emptier than it was, or far fewer
-- rows came than there are. An approved mapping ends the drift, an acceptance lets it pass.
with

drifted as (
    select * from {{ ref('int_loads__drifted') }} where severity = 'error'
),

acceptances as (
    select * from {{ ref('stg_ledger__drift_acceptances') }}
),

held_back as (
    select
        drifted.schema_name,
        drifted.load_id,
        string_agg(
            concat_ws(' ', drifted.table_name || '.' || drifted.field, drifted.kind, 'to ' || drifted.sent_as), ', '
            order by drifted.table_name, drifted.field
        ) as reason
    from drifted
    left join acceptances
        on
            drifted.source = acceptances.source
            and drifted.table_name = acceptances.table_name
            and drifted.field = acceptances.field
            and drifted.kind = acceptances.kind
            and (drifted.kind <> 'row_count' or drifted.loaded_at <= acceptances.accepted_at)
    where acceptances.source is null
    group by drifted.schema_name, drifted.load_id
)

select * from held_back
