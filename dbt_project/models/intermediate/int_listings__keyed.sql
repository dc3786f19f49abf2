-- What a listing is compared by: its symbol with aliases resolved, its name whole and without generic words, and the
-- name that its id spells (CoinPaprika writes the symbol before it).
{{ config(post_hook="analyze {{ this }}") }}

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
        regexp_replace(lower(symbol), '[^[:alnum:]]', '', 'g') as symbol_key,
        regexp_replace(lower(name), '[^[:alnum:]]', '', 'g') as name_key,
        {{ name_key('name') }} as core_name_key,
        regexp_replace(
            case when source = 'coinpaprika' then regexp_replace(source_coin_id, '^[^-]*-', '') else source_coin_id end,
            '[^[:alnum:]]', '', 'g'
        ) as id_key
    from listings
),

keyed as (
    select
        normalised.source,
        normalised.source_coin_id,
        coalesce(symbol_aliases.canonical_symbol_key, normalised.symbol_key) as symbol_key,
        normalised.name_key,
        normalised.core_name_key,
        normalised.id_key
    from normalised
    left join symbol_aliases using (symbol_key)
)

select * from keyed
