-- Which field holds the key by now, of records that were quarantined for want of it: its values are keys that we know.
-- A sample of each load, field by field.
{{ config(materialized='view') }}

with

judged as (
    select * from {{ ref('int_fields__judged') }} where field = '*rejected'
),

received as (
    {%- for provider in watched_providers() %}
    select * from {{ ref('stg_' ~ provider ~ '__received') }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

rejected as (
    {%- for provider in watched_providers() %}
    select * from {{ ref('stg_' ~ provider ~ '__rejected_records') }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

named as (
    select
        judged.*,
        fields.field as sent_as,
        fields.value,
        split_part(judged.example, ':', 1) as key_field
    from judged
    cross join
        lateral (
            select rejected.payload
            from rejected
            where
                rejected.source = judged.source
                and rejected.table_name = judged.table_name
                and rejected.load_id = judged.load_id
                and jsonb_typeof(rejected.payload) = 'object'
            order by rejected.content_hash
            limit 200
        ) as sampled
    cross join lateral jsonb_each_text(sampled.payload) as fields (field, value)
),

renamed as (
    select
        source,
        schema_name,
        table_name,
        load_id,
        field,
        sent_as,
        min(value) over (partition by schema_name, table_name, load_id, sent_as) as example,
        {{ name_similarity('key_field', 'sent_as') }} as name_similarity,
        (schema_name, table_name, value) in (
            select
                received.schema_name,
                received.table_name,
                received.record_key
            from received
        ) as is_agreeing
    from named
    where value is not null
)

select * from renamed
