-- The drift of each load that no version holds, one row per event: a rename is one event, not a field that went and
-- another that came; a load of rejects is one, not a small load, too.
with

judged as (
    select * from {{ ref('int_fields__judged') }}
),

renamed as (
    select * from {{ ref('int_fields__renamed') }}
),

unkeyed as (
    select
        schema_name,
        table_name,
        load_id
    from judged
    where field = '*rejected'
),

described as (
    select
        judged.source,
        judged.schema_name,
        judged.table_name,
        judged.load_id,
        judged.loaded_at,
        case when judged.field = '*rejected' then split_part(judged.example, ':', 1) else judged.field end as field,
        case when renamed.sent_as is not null then 'renamed' else judged.kind end as kind,
        case when judged.is_required then 'error' else 'warning' end as severity,
        renamed.sent_as,
        case when judged.kind = 'retyped' then 1.0 else renamed.confidence end as confidence,
        coalesce(renamed.example, judged.example) as example,
        coalesce(judged.row_count, judged.value_count) as row_count,
        {{ drift_evidence() }} as evidence
    from judged
    left join renamed using (schema_name, table_name, load_id, field)
    left join unkeyed using (schema_name, table_name, load_id)
    where
        not (judged.kind = 'row_count' and unkeyed.load_id is not null)
        and not exists (
            select from renamed as taken
            where
                taken.schema_name = judged.schema_name
                and taken.table_name = judged.table_name
                and taken.load_id = judged.load_id
                and taken.sent_as = judged.field
        )
)

select * from described
