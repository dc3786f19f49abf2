-- Pairs of listings that are two coins, read from either side. A decision of people is stronger than whatever joined
-- them; contracts are stronger than weak evidence: they differ for many a coin whose name and symbol say it is one, and
-- a name that changes later adds nothing to that.
{{ config(materialized='view') }}
with

contradicted as (
    select * from {{ ref('int_listing_pairs__contradicted') }} where is_hard
),

decided as (
    select
        source,
        source_coin_id,
        other_source,
        other_source_coin_id,
        true as is_decided
    from {{ ref('int_listing_pairs__decided') }}
    where decision = 'different'
),

hard as (
    select
        contradicted.source,
        contradicted.source_coin_id,
        contradicted.other_source,
        contradicted.other_source_coin_id,
        case when decided.is_decided then 5 else 2 end as strength
    from contradicted
    left join decided using (source, source_coin_id, other_source, other_source_coin_id)
),

unioned as (
    select * from hard
    union all
    select
        other_source as source,
        other_source_coin_id as source_coin_id,
        source as other_source,
        source_coin_id as other_source_coin_id,
        strength
    from hard
),

forbidden as (
    select
        source,
        source_coin_id,
        other_source,
        other_source_coin_id,
        max(strength) as strength
    from unioned
    group by source, source_coin_id, other_source, other_source_coin_id
)

select * from forbidden
