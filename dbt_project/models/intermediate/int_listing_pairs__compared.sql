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
        coingecko.symbol_key = coinpaprika.symbol_key and coingecko.symbol_key <> '' as has_same_symbol,
        coalesce(coingecko.name_key = coinpaprika.name_key, false) as has_same_name,
        coalesce(coingecko.core_name_key = coinpaprika.core_name_key, false) as has_same_core_name,
        coalesce(coingecko.id_key = coinpaprika.id_key, false)
        or coalesce(coingecko.id_key = coinpaprika.name_key and length(coingecko.id_key) > 2, false)
        or coalesce(coingecko.name_key = coinpaprika.id_key and length(coingecko.name_key) > 2, false)
            as has_same_id_name,
        coingecko.is_wrapped = coinpaprika.is_wrapped as has_same_wrapping,
        greatest(coingecko.symbol_holders, coinpaprika.symbol_holders) = 1 as is_only_holder,
        greatest(coingecko.name_holders, coinpaprika.name_holders) = 1
        and (
            coingecko.name_key = coingecko.core_name_key or coinpaprika.name_key = coinpaprika.core_name_key
        ) as is_only_namesake,
        {{ best_similarity('coingecko', 'coinpaprika') }} as name_similarity,
        case
            when
                coingecko.observed_at
                between coinpaprika.observed_at - make_interval(hours => {{ var('consensus_window_hours') }})
                and coinpaprika.observed_at + make_interval(hours => {{ var('consensus_window_hours') }})
                then {{ log_ratio('coingecko.price_usd', 'coinpaprika.price_usd') }}
        end as price_log_ratio,
        {{ log_ratio('coingecko.market_cap_usd', 'coinpaprika.market_cap_usd') }} as market_cap_log_ratio,
        least(
            {{ log_ratio('coingecko.circulating_supply', 'coinpaprika.circulating_supply') }},
            {{ log_ratio('coingecko.total_supply', 'coinpaprika.total_supply') }},
            {{ log_ratio('coingecko.max_supply', 'coinpaprika.max_supply') }}
        ) as supply_log_ratio
    from candidates
    inner join coingecko on candidates.coingecko_id = coingecko.source_coin_id
    inner join coinpaprika on candidates.coinpaprika_id = coinpaprika.source_coin_id
)

select * from compared
