-- How right the published identities are, against each set of labels, by what the links rest on and by the coins' size.
with

verdicts as (
    select * from {{ ref('identity_verdicts') }}
),

listings as (
    select * from {{ ref('stg_published__coin_listings') }}
),

fusions as (
    select canonical_id
    from listings
    where source = 'coingecko'
    group by canonical_id
    having count(*) > 1 and not bool_and(method in ('override', 'contract'))
),

counted as (
    select
        truth,
        coalesce(method, 'all') as method,
        coalesce(market_cap_band, 'all') as market_cap_band,
        count(*) filter (where verdict in ('correct', 'missed')) as pairs,
        count(*) filter (where verdict = 'correct') as correct,
        count(*) filter (where verdict = 'wrong') as wrong,
        count(*) filter (where verdict = 'missed') as missed
    from verdicts
    group by grouping sets ((truth), (truth, method), (truth, market_cap_band), (truth, method, market_cap_band))
),

identity_quality as (
    select
        -- ids
        truth,
        method,
        market_cap_band,

        -- numerics
        pairs,
        correct,
        wrong,
        missed,
        round(correct / nullif(correct + wrong, 0)::numeric, 4) as precision,
        {{ wilson_bound('correct', '(correct + wrong)', -1) }} as precision_low,
        {{ wilson_bound('correct', '(correct + wrong)', 1) }} as precision_high,
        case when method = 'all' then round(correct / nullif(pairs, 0)::numeric, 4) end as recall,
        case when method = 'all' then {{ wilson_bound('correct', 'pairs', -1) }} end as recall_low,
        case when method = 'all' then {{ wilson_bound('correct', 'pairs', 1) }} end as recall_high,
        case
            when method = 'all' and market_cap_band = 'all' then (select count(*) from fusions)
        end as fused_coins
    from counted
)

select * from identity_quality
