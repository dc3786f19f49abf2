{{ config(materialized="view") }}
with

loads as (
    select * from {{ ref('stg_dlt__loads') }}
),

published_loads as (
    select * from {{ ref('stg_ledger__published_loads') }}
),

waiting as (
    select
        loads.schema_name,
        loads.load_id,
        loads.loaded_at
    from loads
    left join published_loads
        on
            loads.schema_name = published_loads.schema_name
            and loads.load_id = published_loads.load_id
    where published_loads.load_id is null
)

select * from waiting
