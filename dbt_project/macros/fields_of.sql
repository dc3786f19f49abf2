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
{{ table.name }}_rows as (
    select * from {{ source(provider, table.name) }} where _dlt_load_id in (select load_id from new_loads)
),

{{ table.name }}_counted as (
    select
        _dlt_load_id as load_id,
        count(*) as row_count,
        array['{{ columns | join("', '") }}'] as fields,
        array[count({{ columns | join("), count(") }})] as counts
    from {{ table.name }}_rows
    group by _dlt_load_id
),

{{ table.name }}_beside as (
    select
        received._dlt_load_id as load_id,
        kept.field,
        count(*) as value_count,
        min(left(kept.value #>> '{}', 200)) as example
    from {{ table.name }}_rows as received
    cross join lateral jsonb_each(received.extra) as kept (field, value)
    where kept.value not in ('null', '""')
    group by received._dlt_load_id, kept.field
),

{{ table.name }}_fields as (
    select
        '{{ table.name }}' as table_name,
        counted.load_id,
        known.field,
        true as is_known,
        known.field in ('{{ table.required | join("', '") }}') as is_required,
        counted.row_count,
        known.value_count,
        coalesce(beside.value_count, 0) as untyped_count,
        beside.example
    from {{ table.name }}_counted as counted
    cross join lateral unnest(counted.fields, counted.counts) as known (field, value_count)
    left join {{ table.name }}_beside as beside on counted.load_id = beside.load_id and known.field = beside.field
    union all
    select
        '{{ table.name }}' as table_name,
        counted.load_id,
        beside.field,
        false as is_known,
        false as is_required,
        counted.row_count,
        beside.value_count,
        0 as untyped_count,
        beside.example
    from {{ table.name }}_beside as beside
    inner join {{ table.name }}_counted as counted on beside.load_id = counted.load_id
    where not beside.field = any(counted.fields)
),
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

{#- The names of a relation's columns; none while the project is only parsed. -#}
{%- macro columns_in(relation) -%}
    {%- if execute -%} {{ return(adapter.get_columns_in_relation(relation) | map(attribute="name") | list) }} {%- endif -%}
    {{ return([]) }}
{%- endmacro -%}

{#- Forget the counts of loads that were published long ago: the last fifty tell what is expected. -#}
{%- macro forget_old_fields(provider) -%}
delete from {{ this }} as counted
where
    exists (
        select from ops.published_loads
        where schema_name = 'raw_{{ provider }}' and load_id = counted.load_id
    )
    and load_id < (
        select load_id from ops.published_loads
        where schema_name = 'raw_{{ provider }}'
        order by load_id desc
        offset 50 limit 1
    )
{%- endmacro -%}

{#- The rows behind those counts, as JSON: for a look at single values. -#}
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
