-- What each name that a listing ever had is compared by. A name is taken apart once, not in every pass: its patterns
-- cost more than all joins. Names taken apart by other rules than today's are done again.
{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key='name',
        on_schema_change='append_new_columns',
    )
}}
{%- set rules = core_name_key("name") ~ base_name_key("name") ~ is_wrapped_name("name") ~ other_coin_words("name") %}
{%- set rules = "md5($$" ~ rules ~ "$$)" %}
with

names as (
    select distinct name
    from {{ ref('int_listings__current') }}
    where name is not null
),

new_names as (
    select names.name
    from names
    {% if is_incremental() %}
    left join {{ this }} as known using (name)
    where known.rules is distinct from {{ rules }}
    {% endif %}
),

keyed as (
    select
        name,
        {{ comparison_key('name') }} as name_key,
        {{ core_name_key('name') }} as core_name_key,
        {{ base_name_key('name') }} as base_name_key,
        {{ is_wrapped_name('name') }} as is_wrapped,
        {{ other_coin_words('name') }} as other_coin_words,
        {{ rules }} as rules
    from new_names
)

select * from keyed
