{#- The last event of each drift that is on record in the table being built; none before the first. -#}
{%- macro known_drift() -%}
    {%- if is_incremental() -%}
    select distinct on (source, table_name, field, kind) *
    from {{ this }}
    order by source, table_name, field, kind, first_seen_at desc
    {%- else -%}
    select
        null as event_id,
        source,
        table_name,
        field,
        kind,
        sent_as,
        severity,
        confidence,
        evidence,
        example,
        row_count,
        load_id,
        loaded_at as first_seen_at,
        loaded_at as last_seen_at,
        null::timestamptz as resolved_at
    from {{ ref('int_loads__drifted') }}
    where false
    {%- endif -%}
{%- endmacro -%}
