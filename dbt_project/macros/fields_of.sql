{#-
    What the watched tables of a provider received, field by field, in loads that are not counted yet: of how many rows
    how many had a value, and how many one that could not be taken as its type. A field that no model knows is counted
    in `extra`. The field `*` is the endpoint itself: how many records it answered with, of how many asked for;
    `*rejected`, how many records had no usable key.
-#}
{%- macro fields_of(provider) -%}
    {%- set tables = watched_tables(provider) -%}
    {%- set own_columns = ["extra", "content_hash", "request_id", "fetched_at", "_dlt_load_id", "_dlt_id"] -%}
    {%- set fetches = source(provider, "fetches") -%}
    {%- set asked = "asked_count" in columns_in(fetches) -%}
with

new_loads as (
    select load_id from {{ source(provider, "_dlt_loads") }}
    where
        status = 0
        {%- if is_incremental() %}
        and load_id > (select coalesce(max(load_id), '') from {{ this }})
        {%- endif %}
),
    {% for table in tables %}
        {%- set columns = columns_in(source(provider, table.name)) | reject("in", own_columns) | list %}
{{ fields_of_table(provider, table, columns) }}
    {% endfor %}
answers as (
    select
        table_name,
        _dlt_load_id as load_id,
        '*' as field,
        false as is_known,
        true as is_required,
        {{ "asked_count" if asked else "null::bigint" }} as row_count,
        record_count as value_count,
        0::bigint as untyped_count,
        endpoint as example
    from {{ fetches }}
    where
        table_name in ('{{ tables | map(attribute="name") | join("', '") }}')
        and endpoint not like '/contracts%'
        and _dlt_load_id in (select load_id from new_loads)
),

rejected as (
    select
        table_name,
        _dlt_load_id as load_id,
        '*rejected' as field,
        false as is_known,
        true as is_required,
        null::bigint as row_count,
        count(*) as value_count,
        0::bigint as untyped_count,
        min(reason) as example
    from {{ source(provider, "rejected_records") }}
    where _dlt_load_id in (select load_id from new_loads)
    group by table_name, _dlt_load_id
),

counted as (
    {%- for table in tables %}
    select * from {{ table.name }}_fields
    union all
    {%- endfor %}
    select * from answers
    union all
    select * from rejected
),

fields as (
    select
        '{{ provider }}' as source,
        'raw_{{ provider }}' as schema_name,
        counted.*
    from counted
)

select * from fields
{%- endmacro -%}
