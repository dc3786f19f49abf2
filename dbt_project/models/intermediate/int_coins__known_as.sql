-- Coins by the symbol and the name that they are known by, and whether each is the best-known holder of its symbol: the
-- one whose id is the bare symbol, else the largest.
with

coins as (
    select * from {{ ref('int_coins__consensus') }}
),

keyed as (
    select
        canonical_id,
        symbol,
        name,
        market_cap_usd,
        status,
        row_number() over (order by market_cap_usd desc nulls last, canonical_id asc) as rank,
        coalesce({{ comparison_key('symbol') }}, '') as symbol_key,
        {{ comparison_key('name') }} as name_key,
        coalesce({{ is_wrapped_name('name') }}, false) as is_wrapped,
        {{ comparison_key(
            "regexp_replace(name, '\\y(" ~ var("wrapper_name_words") | join("|")
            ~ "|binance|heco|polygon|pos|token|on|by)\\y|\\(.*\\)', '', 'gi')"
        ) }} as base_name_key
    from coins
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
