-- Coins by the symbol and the name that they are known by, and whether each is the best-known holder of its symbol: the
-- one whose id is the bare symbol, else the largest.
with

coins as (
    select * from {{ ref('int_coins__consensus') }}
),

names as (
    select * from {{ ref('int_names__keyed') }}
),

keyed as (
    select
        coins.canonical_id,
        coins.symbol,
        coins.name,
        coins.market_cap_usd,
        coins.status,
        row_number() over (order by coins.market_cap_usd desc nulls last, coins.canonical_id asc) as rank,
        coalesce({{ comparison_key('coins.symbol') }}, '') as symbol_key,
        names.name_key,
        coalesce(names.is_wrapped, false) as is_wrapped,
        names.base_name_key
    from coins
    left join names using (name)
),

known_as as (
    select
        *,
        row_number() over (
            partition by symbol_key
            order by (canonical_id = symbol_key) desc, market_cap_usd desc nulls last, canonical_id asc
        ) = 1 and symbol_key <> '' as is_best_known_of_symbol,
        row_number() over (
            partition by name_key order by is_wrapped asc, market_cap_usd desc nulls last, canonical_id asc
        ) = 1 and name_key is not null as is_best_known_of_name
    from keyed
)

select * from known_as
