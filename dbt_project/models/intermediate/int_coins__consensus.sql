-- One price per coin out of its listings' newest quotes: the median of those of one time. The providers set the time;
-- a file of another day does not outvote them.
with

listings as (
    select * from {{ ref('int_listings__identified') }}
),

timed as (
    select
        *,
        coalesce(
            max(observed_at) filter (where source in ('coingecko', 'coinpaprika')) over (partition by canonical_id),
            max(observed_at) over (partition by canonical_id)
        ) as reference_at,
        make_interval(hours => {{ var('consensus_window_hours') }}) as tolerance
    from listings
),

aged as (
    select
        *,
        reference_at is null
        or coalesce(observed_at between reference_at - tolerance and reference_at + tolerance, false) as is_current
    from timed
),

described as (
    select distinct on (canonical_id)
        canonical_id,
        symbol,
        name
    from aged
    order by canonical_id, is_current desc, precedence, source, source_coin_id
),

measured as (
    select
        canonical_id,
        {{ exact_median('price_usd') }} as price_usd,
        {{ exact_median('market_cap_usd') }} as market_cap_usd,
        {{ exact_median('volume_24h_usd') }} as volume_24h_usd,
        {{ exact_median('percent_change_24h') }} as percent_change_24h,
        {{ exact_median('circulating_supply') }} as circulating_supply,
        {{ exact_median('total_supply') }} as total_supply,
        {{ exact_median('max_supply') }} as max_supply,
        case
            when count(price_usd) > 1
                then trim_scale(round((max(price_usd) - min(price_usd)) / min(price_usd) * 100, 4))
        end as price_spread_pct,
        count(distinct source)::integer as source_count,
        array_agg(distinct source order by source) as sources,
        max(observed_at) as updated_at
    from aged
    where is_current
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
        end as status
    from aged
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
        measured.price_spread_pct,
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
