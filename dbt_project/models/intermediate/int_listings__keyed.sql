-- What a listing is compared by: its symbol with aliases resolved, its name whole and without generic words, and the
-- name that its id spells (CoinPaprika writes the symbol before it).
with

listings as (
    select * from {{ ref('int_listings__current') }}
),

names as (
    select * from {{ ref('int_names__keyed') }}
),

symbol_aliases as (
    select * from {{ ref('symbol_aliases') }}
),

normalised as (
    select
        source,
        source_coin_id,
        name,
        coalesce({{ comparison_key('symbol') }}, '') as symbol_key,
        {{ comparison_key(
            "case source when 'coinpaprika' then substr(source_coin_id, strpos(source_coin_id, '-') + 1) "
            ~ "else source_coin_id end"
        ) }} as id_key
    from listings
),

keyed as (
    select
        normalised.source,
        normalised.source_coin_id,
        coalesce(symbol_aliases.canonical_symbol_key, normalised.symbol_key) as symbol_key,
        names.name_key,
        names.core_name_key,
        normalised.id_key,
        coalesce(names.is_wrapped, false) as is_wrapped,
        coalesce(names.other_coin_words, '') as other_coin_words
    from normalised
    left join names using (name)
    left join symbol_aliases using (symbol_key)
)

select * from keyed
