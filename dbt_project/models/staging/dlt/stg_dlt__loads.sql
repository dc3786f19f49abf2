with

loads as (
    {%- for provider in ['coinpaprika', 'coingecko', 'csv', 'rss'] %}
    select 'raw_{{ provider }}' as schema_name, load_id, status, inserted_at from {{ source(provider, '_dlt_loads') }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

completed as (
    select
        schema_name,
        load_id,
        inserted_at as loaded_at
    from loads
    where status = 0
)

select * from completed
