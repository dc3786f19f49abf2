-- What people should look at, largest coins first: links that are not sure or that something contradicts, and pairs
-- that were left apart though much speaks for them. With the row for the overrides that settles it either way.
{{ config(materialized="table", post_hook="{{ mark_as_built() }}") }}

with

judged as (
    select * from {{ ref('int_listing_pairs__judged') }}
    where decision is null
),

matched as (
    select * from {{ ref('int_listing_pairs__matched') }}
),

contradicted as (
    select
        source_coin_id as coingecko_id,
        other_source_coin_id as coinpaprika_id,
        contradiction
    from {{ ref('int_listing_pairs__contradicted') }}
    where source = 'coingecko' and other_source = 'coinpaprika'
),

listings as (
    select * from {{ ref('int_listings__identified') }}
),

weighed as (
    select
        judged.*,
        matched.coingecko_id is not null as is_linked,
        contradicted.contradiction,
        exists (
            select from matched as better
            where better.coingecko_id = judged.coingecko_id and better.confidence >= {{ var('review_confidence') }}
        ) or exists (
            select from matched as better
            where better.coinpaprika_id = judged.coinpaprika_id and better.confidence >= {{ var('review_confidence') }}
        ) as has_better_partner
    from judged
    left join matched using (coingecko_id, coinpaprika_id)
    left join contradicted using (coingecko_id, coinpaprika_id)
),

doubtful as (
    select
        *,
        case when is_linked then 'doubtful_link' else 'near_miss' end as kind
    from weighed
    where
        (is_linked and (confidence < {{ var('review_confidence') }} or contradiction is not null))
        or (
            not is_linked
            and not has_better_partner
            and (method is not null or has_same_contract or name_similarity >= {{ var('review_similarity') }})
        )
),

identity_review as (
    select
        -- ids
        doubtful.coingecko_id,
        doubtful.coinpaprika_id,
        coingecko.canonical_id as coingecko_coin,
        coinpaprika.canonical_id as coinpaprika_coin,

        -- strings
        doubtful.kind,
        concat_ws(' ', coingecko.symbol, coingecko.name) as coingecko_says,
        concat_ws(' ', coinpaprika.symbol, coinpaprika.name) as coinpaprika_says,
        concat_ws('; ', doubtful.evidence, doubtful.contradiction) as evidence,
        format('coingecko,%s,same,coinpaprika,%s,', doubtful.coingecko_id, doubtful.coinpaprika_id) as row_if_same,
        format('coingecko,%s,different,coinpaprika,%s,', doubtful.coingecko_id, doubtful.coinpaprika_id)
            as row_if_different,

        -- numerics
        row_number() over (
            order by
                greatest(coingecko.market_cap_usd, coinpaprika.market_cap_usd) desc nulls last,
                doubtful.coingecko_id asc,
                doubtful.coinpaprika_id asc
        ) as place,
        doubtful.confidence,
        greatest(coingecko.market_cap_usd, coinpaprika.market_cap_usd) as market_cap_usd
    from doubtful
    inner join listings as coingecko
        on doubtful.coingecko_id = coingecko.source_coin_id and coingecko.source = 'coingecko'
    inner join listings as coinpaprika
        on doubtful.coinpaprika_id = coinpaprika.source_coin_id and coinpaprika.source = 'coinpaprika'
)

select * from identity_review
