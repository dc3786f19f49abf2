{#- CTEs from `<table>_rows` to `<table>_fields`: one watched table of a provider, field by field, of the loads in `new_loads`. -#}
{%- macro fields_of_table(provider, table, columns) -%}
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
{%- endmacro -%}
