-- What is not as expected in the loads that no version holds. A load in which few rows of a table came new says
-- nothing about the table: drift changes every row.
with

waiting as (
    select * from {{ ref('int_loads__waiting') }}
),

received as (
    select * from {{ ref('int_fields__received') }}
),

expected as (
    select * from {{ ref('int_fields__expected') }}
),

tables as (
    select
        source,
        table_name,
        max(last_count) filter (where field = '*') as record_count
    from expected
    group by source, table_name
),

answers as (
    select
        source,
        table_name,
        load_id,
        value_count as record_count
    from received
    where field = '*'
),

compared as (
    select
        received.*,
        waiting.loaded_at,
        expected.last_count,
        expected.untyped_share,
        expected.field is not null as is_expected,
        tables.table_name is not null as has_history,
        coalesce(answers.record_count, 0) as record_count,
        expected.filled_share,
        received.value_count / nullif(received.row_count, 0)::numeric as share,
        received.row_count >= least(
            {{ var('drift_rows') }},
            coalesce({{ var('drift_share_of_rows') }} * coalesce(answers.record_count, tables.record_count), 0)
        ) as is_telling
    from received
    inner join waiting using (schema_name, load_id)
    left join expected using (source, table_name, field)
    left join tables using (source, table_name)
    left join answers using (source, table_name, load_id)
),

judged as (
    select
        *,
        case
            when field = '*rejected' and value_count > record_count and value_count > 1 then 'missing'
            when
                field = '*' and value_count < {{ var('drift_row_count') }} * least(last_count, row_count)
                then 'row_count'
            when field like '*%' then null
            when not is_known then case when has_history and not is_expected then 'added' end
            when not is_telling then null
            when
                untyped_count > greatest(
                    2, {{ var('drift_untyped_share') }} * row_count, 3 * coalesce(untyped_share, 0) * row_count
                )
                then 'retyped'
            when filled_share is null then null
            when value_count + untyped_count = 0 and row_count * -ln(1 - least(filled_share, 0.99)) > 9 then 'missing'
            when
                share < {{ var('drift_null_rate') }} * filled_share and is_expected
                and filled_share - share > 6 * sqrt(filled_share * (1.01 - filled_share) / row_count)
                then 'null_rate'
        end as kind
    from compared
),

not_as_expected as (
    select * from judged where kind is not null
)

select * from not_as_expected
