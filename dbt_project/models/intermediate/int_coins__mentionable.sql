-- What a coin is called in the news: its name, its symbol without dollar sign, and the symbols that mean it. Of coins
-- that share one, the best known is meant. A name of one word, or a symbol, says something only of well-known coins,
-- and unless it is an ordinary word.
{{ config(materialized='view') }}

with

common_words as (
    select * from {{ ref('common_words') }}
),

symbol_aliases as (
    select * from {{ ref('symbol_aliases') }}
),

known as (
    select
        canonical_id,
        {{ comparison_key('symbol') }} as symbol_key,
        btrim(regexp_replace(lower(name), '[^[:alnum:]]+', ' ', 'g')) as name,
        row_number() over (order by market_cap_usd desc nulls last, canonical_id) as prominence
    from {{ ref('int_coins__consensus') }}
),

coins as (
    select
        known.canonical_id,
        coalesce(symbol_aliases.canonical_symbol_key, known.symbol_key) as symbol,
        known.name,
        known.prominence
    from known
    left join symbol_aliases using (symbol_key)
),

terms as (
    select
        'name' as kind,
        name as term,
        canonical_id,
        prominence
    from coins
    union all
    select
        'symbol' as kind,
        symbol as term,
        canonical_id,
        prominence
    from coins
    union all
    select
        'symbol' as kind,
        symbol_aliases.symbol_key as term,
        coins.canonical_id,
        coins.prominence
    from coins
    inner join symbol_aliases on coins.symbol = symbol_aliases.canonical_symbol_key
),

best_known as (
    select distinct on (kind, term) *
    from terms
    where length(term) >= 2
    order by kind, term, prominence
),

mentionable as (
    select
        best_known.kind,
        best_known.term,
        best_known.canonical_id,
        position(' ' in best_known.term) > 0
        or (
            common_words.word is null
            and length(best_known.term) > 2
            and best_known.prominence <= {{ var('well_known_coins') }}
        ) as is_plain -- without a dollar sign before it, too
    from best_known
    left join common_words on best_known.term = common_words.word
)

select * from mentionable
