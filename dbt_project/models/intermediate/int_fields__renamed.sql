-- Which field that disappeared came back under which other name: names alike, and values of the same coins that agree.
with

judged as (
    select * from {{ ref('int_fields__judged') }}
),

pairs as (
    select
        missing.source,
        missing.schema_name,
        missing.table_name,
        missing.load_id,
        missing.field,
        added.field as sent_as,
        added.example,
        {{ name_similarity('missing.field', 'added.field') }} as name_similarity
    from judged as missing
    inner join judged as added using (source, schema_name, table_name, load_id)
    where missing.kind = 'missing' and missing.is_known and added.kind = 'added'
),

received as (
    {%- for provider in watched_providers() %}
    select * from {{ ref('stg_' ~ provider ~ '__received') }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

samples as (
    select
        pairs.*,
        sampled.extra ->> pairs.sent_as as new_value,
        earlier.old_value
    from pairs
    cross join
        lateral (
            select candidates.*
            from received as candidates
            where
                candidates.schema_name = pairs.schema_name
                and candidates.table_name = pairs.table_name
                and candidates.load_id = pairs.load_id
            order by candidates.record_key
            limit 200
        ) as sampled
    cross join lateral (
        select received.fields ->> pairs.field as old_value
        from received
        where
            received.schema_name = pairs.schema_name
            and received.table_name = pairs.table_name
            and received.record_key = sampled.record_key
            and received.fetched_at < sampled.fetched_at
            and received.fields ->> pairs.field is not null
        order by received.fetched_at desc
        limit 1
    ) as earlier
),

compared as (
    select
        source,
        schema_name,
        table_name,
        load_id,
        field,
        sent_as,
        example,
        name_similarity,
        {{ values_agree('old_value', 'new_value') }} as is_agreeing
    from samples
    where new_value is not null
    union all
    select * from {{ ref('int_keys__renamed') }}
),

weighed as (
    select
        source,
        schema_name,
        table_name,
        load_id,
        field,
        sent_as,
        example,
        name_similarity,
        count(*) as compared_count,
        avg(is_agreeing::integer) as value_agreement,
        round(0.3 * name_similarity + 0.7 * avg(is_agreeing::integer), 2) as confidence
    from compared
    group by source, schema_name, table_name, load_id, field, sent_as, example, name_similarity
),

ranked as (
    select
        *,
        row_number() over (
            partition by schema_name, table_name, load_id, field
            order by confidence desc, sent_as asc
        ) as field_choice,
        row_number() over (
            partition by schema_name, table_name, load_id, sent_as
            order by confidence desc, field asc
        ) as sent_as_choice
    from weighed
    where confidence >= {{ var('drift_rename_confidence') }}
),

renamed as (
    select * from ranked where field_choice = 1 and sent_as_choice = 1
)

select * from renamed
