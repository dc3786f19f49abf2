{#- The rows that `fields_of` counts, as JSON: for a look at single values. -#}
{%- macro received_rows(provider) -%}
with

received as (
    {%- for table in watched_tables(provider) %}
    select
        '{{ provider }}' as source,
        'raw_{{ provider }}' as schema_name,
        '{{ table.name }}' as table_name,
        _dlt_load_id as load_id,
        {{ table.key | join(" || '/' || ") }} as record_key,
        fetched_at,
        to_jsonb(received) - 'extra' as fields,
        extra
    from {{ source(provider, table.name) }} as received
        {%- if not loop.last %}
    union all
        {%- endif %}
    {%- endfor %}
)

select * from received
{%- endmacro -%}
