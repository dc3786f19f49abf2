-- What speaks for and against each candidate pair.
with

keyed as (
    select * from {{ ref('int_listings__keyed') }}
),

listings as (
    select * from {{ ref('int_listings__current') }}
),

candidates as (
    select * from {{ ref('int_listing_pairs__candidates') }}
),

coingecko as (
    select
        keyed.*,
        listings.price_usd,
        listings.market_cap_usd,
        listings.circulating_supply,
        listings.total_supply,
        listings.max_supply,
        listings.observed_at,
        listings.status,
        count(*) over (partition by keyed.symbol_key) as symbol_holders,
        count(*) over (partition by keyed.symbol_key, keyed.core_name_key) as name_holders
    from keyed
    inner join listings using (source, source_coin_id)
    where keyed.source = 'coingecko'
),

coinpaprika as (
    select
        keyed.*,
        listings.price_usd,
        listings.market_cap_usd,
        listings.circulating_supply,
        listings.total_supply,
        listings.max_supply,
        listings.observed_at,
        listings.status,
        count(*) over (partition by keyed.symbol_key) as symbol_holders,
        count(*) over (partition by keyed.symbol_key, keyed.core_name_key) as name_holders
    from keyed
    inner join listings using (source, source_coin_id)
    where keyed.source = 'coinpaprika'
),

compared as (
    select
        candidates.coingecko_id,
        candidates.coinpaprika_id,
        candidates.decision,
        candidates.has_same_contract,
        candidates.has_other_contract,
        {{ compared_listings('coingecko', 'coinpaprika') }}
    from candidates
    inner join coingecko on candidates.coingecko_id = coingecko.source_coin_id
    inner join coinpaprika on candidates.coinpaprika_id = coinpaprika.source_coin_id
)

select * from compared
