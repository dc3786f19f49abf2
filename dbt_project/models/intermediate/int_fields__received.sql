{{ config(materialized="view") }}
-- What each load received of each field. What an approved mapping takes from elsewhere counts for the field it is for.
with

counted as (
    {%- for provider in watched_providers() %}
    select * from {{ ref('stg_' ~ provider ~ '__fields') }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

mappings as (
    select
        null as source,
        null as table_name,
        null as field,
        null as sent_as
    where false
    {%- for path, sent_as in field_mappings().items() %}
    {%- set parts = path.split(".") %}
    union all
    select '{{ parts[0] }}', '{{ parts[1] }}', '{{ parts[2] }}', '{{ sent_as }}'
    {%- endfor %}
),

-- records whose key has another name by now: extraction has taken them out of the quarantine since
recovered as (
    select counted.*
    from counted
    inner join mappings using (source, table_name)
    where counted.field = '*rejected' and split_part(counted.example, ':', 1) = mappings.field
),

received as (
    select
        counted.source,
        counted.schema_name,
        counted.table_name,
        counted.load_id,
        counted.field,
        counted.is_known,
        counted.is_required,
        counted.row_count,
        counted.value_count
        + case
            when mappings.sent_as = counted.field then counted.untyped_count
            else coalesce(elsewhere.value_count, 0)
        end
        + case when counted.field = '*' then coalesce(recovered.value_count, 0) else 0 end as value_count,
        case when mappings.sent_as = counted.field then 0 else counted.untyped_count end as untyped_count,
        counted.example
    from counted
    left join mappings
        on
            counted.source = mappings.source
            and counted.table_name = mappings.table_name
            and counted.field = mappings.field
    left join counted as elsewhere
        on
            counted.source = elsewhere.source
            and counted.table_name = elsewhere.table_name
            and counted.load_id = elsewhere.load_id
            and mappings.sent_as = elsewhere.field
            and mappings.field <> elsewhere.field
    left join recovered
        on
            counted.source = recovered.source
            and counted.table_name = recovered.table_name
            and counted.load_id = recovered.load_id
    where
        (counted.field <> '*rejected' or recovered.load_id is null)
        and not exists (
            select from mappings as taken
            where
                taken.source = counted.source
                and taken.table_name = counted.table_name
                and taken.sent_as = counted.field
                and taken.field <> counted.field
        )
)

select * from received
