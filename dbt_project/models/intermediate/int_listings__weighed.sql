-- Which listings' newest quotes count in their coin's price, and why the others do not. The providers set the time:
-- what is far from it is stale. Of prices of one time that can't be of one coin, those count that most sources stand
-- by; where sources are even, those near the published price. A price that contradicts its own market cap never counts.
with

listings as (
    select * from {{ ref('int_listings__identified') }}
),

published as (
    select
        canonical_id,
        price_usd as published_price_usd
    from {{ ref('int_quotes__believed') }}
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
        or coalesce(observed_at between reference_at - tolerance and reference_at + tolerance, false) as is_current,
        coalesce(
            {{ log_ratio('price_usd * circulating_supply', 'market_cap_usd') }} <= {{ var('incoherent_log_ratio') }},
            true
        ) as is_coherent
    from timed
),

compared as (
    select
        *,
        max({{ log_price('price_usd') }}) filter (where is_current and is_coherent) over (partition by canonical_id)
        - min({{ log_price('price_usd') }}) filter (where is_current and is_coherent) over (partition by canonical_id)
        > {{ var('implausible_log_ratio') }} as has_conflict
    from aged
),

rivals as (
    select * from compared where has_conflict and is_current and is_coherent and price_usd is not null
),

supported as (
    select
        rivals.canonical_id,
        rivals.source,
        rivals.source_coin_id,
        count(distinct peers.source) as supporters
    from rivals
    inner join rivals as peers using (canonical_id)
    where {{ log_ratio('rivals.price_usd', 'peers.price_usd') }} <= {{ var('implausible_log_ratio') }}
    group by rivals.canonical_id, rivals.source, rivals.source_coin_id
),

anchors as (
    select distinct on (rivals.canonical_id)
        rivals.canonical_id,
        rivals.source as anchor_source,
        rivals.price_usd as anchor_price_usd
    from rivals
    inner join supported using (canonical_id, source, source_coin_id)
    left join published using (canonical_id)
    order by
        rivals.canonical_id asc,
        supported.supporters desc,
        {{ log_ratio('rivals.price_usd', 'published.published_price_usd') }} asc nulls last,
        rivals.precedence asc,
        rivals.source asc,
        rivals.source_coin_id asc
),

judged as (
    select
        compared.*,
        anchors.anchor_source,
        anchors.anchor_price_usd,
        compared.is_coherent and coalesce(
            not compared.is_current
            or {{ log_ratio('compared.price_usd', 'anchors.anchor_price_usd') }} <= {{ var('implausible_log_ratio') }},
            true
        ) as is_plausible
    from compared
    left join anchors using (canonical_id)
),

weighed as (
    select
        *,
        is_current and is_plausible and price_usd is not null as is_counted,
        case
            when price_usd is null then 'no price'
            when not is_current
                then concat(
                    'stale: observed ', to_char(observed_at at time zone 'utc', 'YYYY-MM-DD HH24:MI'),
                    ' UTC, more than {{ var("consensus_window_hours") }} hours from the newest quote that counts'
                )
            when not is_coherent then 'implausible against its own market cap and circulating supply'
            when not is_plausible
                then concat(
                    'implausible against ', anchor_source, ': ',
                    round(greatest(price_usd / anchor_price_usd, anchor_price_usd / price_usd), 1),
                    case when price_usd > anchor_price_usd then ' times its price' else ' times below its price' end
                )
        end as held_back_reason
    from judged
)

select * from weighed
