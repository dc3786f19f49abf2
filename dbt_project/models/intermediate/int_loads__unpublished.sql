with

waiting as (
    select * from {{ ref('int_loads__waiting') }}
),

held_back as (
    select * from {{ ref('int_loads__held_back') }}
),

unpublished as (
    select
        waiting.schema_name,
        waiting.load_id,
        waiting.loaded_at
    from waiting
    left join held_back using (schema_name, load_id)
    where held_back.load_id is null
)

select * from unpublished
