-- One price per coin: the median of the listings that count. A coin without a price is described by whoever lists it.
-- It is called as the most precedent listing that says both its symbol and its name calls it.
with

weighed as (
    select * from {{ ref('int_listings__weighed') }}
),

contributing as (
    select
        *,
        is_counted
        or (is_current and not bool_or(is_counted) over (partition by canonical_id)) as is_contributing
    from weighed
),

described as (
    select distinct on (canonical_id)
        canonical_id,
        symbol,
        name,
        source_coin_id
    from contributing
    order by canonical_id, num_nulls(symbol, name), is_current desc, precedence, source, source_coin_id
),

measured as (
    select
        canonical_id,
        {{ exact_median('case when is_counted then price_usd end') }} as price_usd,
        {{ exact_median('market_cap_usd') }} as market_cap_usd,
        {{ exact_median('volume_24h_usd') }} as volume_24h_usd,
        {{ exact_median('percent_change_24h') }} as percent_change_24h,
        {{ exact_median('circulating_supply') }} as circulating_supply,
        {{ exact_median('total_supply') }} as total_supply,
        {{ exact_median('max_supply') }} as max_supply,
        count(distinct source)::integer as source_count,
        array_agg(distinct source order by source) as sources,
        max(observed_at) as updated_at
    from contributing
    where is_contributing
    group by canonical_id
),

spans as (
    select
        canonical_id,
        min(first_seen_at) as first_seen_at,
        max(last_seen_at) as last_seen_at,
        case
            when bool_or(status = 'active') then 'active'
            when bool_and(status = 'delisted') then 'delisted'
            else 'inactive'
        end as status,
        case
            when count(price_usd) filter (where is_current) > 1
                then trim_scale(round(
                    (max(price_usd) filter (where is_current) - min(price_usd) filter (where is_current))
                    / min(price_usd) filter (where is_current) * 100, 4
                ))
        end as price_spread_pct,
        case
            when not bool_or(is_counted) then 'none'
            when count(distinct source) filter (where is_counted) > 1 then 'median'
            when bool_and(is_plausible) then 'single_source'
            else 'most_plausible'
        end as consensus
    from contributing
    group by canonical_id
),

consensus as (
    select
        described.*,
        measured.price_usd,
        measured.market_cap_usd,
        measured.volume_24h_usd,
        measured.percent_change_24h,
        measured.circulating_supply,
        measured.total_supply,
        measured.max_supply,
        spans.price_spread_pct,
        spans.consensus,
        measured.source_count,
        measured.sources,
        measured.updated_at,
        spans.status,
        spans.first_seen_at,
        spans.last_seen_at
    from described
    inner join measured using (canonical_id)
    inner join spans using (canonical_id)
)

select * from consensus
