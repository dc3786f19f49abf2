-- What a listing is compared by: its symbol with aliases resolved, its name whole and without generic words, and the
-- name that its id spells (CoinPaprika writes the symbol before it).
with

listings as (
    select * from {{ ref('int_listings__current') }}
),

symbol_aliases as (
    select * from {{ ref('symbol_aliases') }}
),

normalised as (
    select
        source,
        source_coin_id,
        coalesce({{ comparison_key('symbol') }}, '') as symbol_key,
        {{ comparison_key('name') }} as name_key,
        {{ core_name_key('name') }} as core_name_key,
        {{ comparison_key(
            "case source when 'coinpaprika' then substr(source_coin_id, strpos(source_coin_id, '-') + 1) "
            ~ "else source_coin_id end"
        ) }} as id_key,
        coalesce({{ is_wrapped_name('name') }}, false) as is_wrapped
    from listings
),

keyed as (
    select
        normalised.source,
        normalised.source_coin_id,
        coalesce(symbol_aliases.canonical_symbol_key, normalised.symbol_key) as symbol_key,
        normalised.name_key,
        normalised.core_name_key,
        normalised.id_key,
        normalised.is_wrapped
    from normalised
    left join symbol_aliases using (symbol_key)
)

select * from keyed
