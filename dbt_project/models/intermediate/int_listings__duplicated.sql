-- Listings that repeat another listing of their provider, and the one they repeat: by a contract, when symbol and name
-- are equal too. A listing that has a partner at the other provider repeats none, neither does one whose price
-- contradicts; of two without a partner the smaller repeats the larger.
with

repeated as (
    select * from {{ ref('int_listing_pairs__repeated') }}
),

keyed as (
    select * from {{ ref('int_listings__keyed') }}
),

listings as (
    select * from {{ ref('int_listings__current') }}
),

matched as (
    select * from {{ ref('int_listing_pairs__matched') }}
),

partnered as (
    select
        'coingecko' as source,
        coingecko_id as source_coin_id
    from matched
    union all
    select
        'coinpaprika' as source,
        coinpaprika_id as source_coin_id
    from matched
),

known as (
    select
        keyed.*,
        listings.price_usd,
        coalesce(listings.market_cap_usd, 0) as market_cap_usd,
        partnered.source_coin_id is not null as has_partner
    from keyed
    inner join listings using (source, source_coin_id)
    left join partnered using (source, source_coin_id)
    where
        exists (
            select from repeated
            where
                repeated.source = keyed.source
                and keyed.source_coin_id in (repeated.source_coin_id, repeated.original_id)
        )
),

allowed as (
    select
        repeated.*,
        row_number() over (
            partition by repeated.source, repeated.source_coin_id
            order by
                original.has_partner desc,
                original.market_cap_usd desc,
                repeated.original_id asc,
                repeated.evidence asc
        ) as choice
    from repeated
    inner join known as one using (source, source_coin_id)
    inner join known as original
        on repeated.source = original.source and repeated.original_id = original.source_coin_id
    where
        not one.has_partner
        and one.symbol_key = original.symbol_key
        and (one.core_name_key = original.core_name_key or one.name_key = original.id_key)
        and one.is_wrapped = original.is_wrapped
        and coalesce(
            {{ log_ratio('one.price_usd', 'original.price_usd') }} <= {{ var('conflicting_log_ratio') }}, true
        )
        and (
            original.has_partner
            or (one.market_cap_usd, original.source_coin_id) < (original.market_cap_usd, one.source_coin_id)
        )
),

chosen as (
    select * from allowed
    where choice = 1
),

duplicated as (
    select
        source,
        source_coin_id,
        original_id,
        evidence
    from chosen
    where
        not exists (
            select from chosen as others
            where others.source = chosen.source and others.source_coin_id = chosen.original_id
        )
)

select * from duplicated
