-- One price per coin out of its listings' newest quotes: the median of those of one time. The providers set the time;
-- a file of another day does not outvote them. Where prices of one time lie implausibly far apart, the one nearest to
-- the published price counts alone; the others stay visible in the listings and in the spread.
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

published as (
    select
        canonical_id,
        price_usd as published_price_usd
    from {{ ref('stg_published__coins') }}
),

remembered as (
    select
        aged.*,
        published.published_price_usd
    from aged
    left join published using (canonical_id)
),

compared as (
    select
        *,
        max({{ log_price('price_usd') }}) filter (where is_current) over (partition by canonical_id)
        - min({{ log_price('price_usd') }}) filter (where is_current) over (partition by canonical_id)
        > {{ var('conflicting_log_ratio') }} as has_conflict,
        row_number() over (
            partition by canonical_id, is_current and price_usd is not null
            order by
                {{ log_ratio('price_usd', 'published_price_usd') }} asc nulls last,
                precedence asc,
                source asc,
                source_coin_id asc
        ) = 1 as is_most_plausible
    from remembered
),

counted as (
    select
        *,
        is_current
        and (not coalesce(has_conflict, false) or (is_most_plausible and price_usd is not null)) as is_counted
    from compared
),

described as (
    select distinct on (canonical_id)
        canonical_id,
        symbol,
        name
    from counted
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
        count(distinct source)::integer as source_count,
        array_agg(distinct source order by source) as sources,
        max(observed_at) as updated_at
    from counted
    where is_counted
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
        end as price_spread_pct
    from counted
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
