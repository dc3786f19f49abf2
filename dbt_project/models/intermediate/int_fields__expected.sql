{{ config(materialized="view") }}
-- What the published loads let one expect of each field.
with

received as (
    select * from {{ ref('int_fields__received') }}
),

published_loads as (
    select * from {{ ref('stg_ledger__published_loads') }}
),

expected as (
    select
        received.source,
        received.table_name,
        received.field,
        sum(received.value_count) / nullif(sum(received.row_count), 0) as filled_share,
        sum(received.untyped_count) / nullif(sum(received.row_count), 0) as untyped_share,
        (array_agg(received.value_count order by received.load_id desc))[1] as last_count
    from received
    inner join published_loads using (schema_name, load_id)
    group by received.source, received.table_name, received.field
)

select * from expected
