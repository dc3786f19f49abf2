-- What a coin is called in the news: its name, and its symbol. Of coins that share one, the best known is meant. A name
-- of one word, or a symbol, says something only of well-known coins, and unless it is an ordinary word.
{{ config(materialized='view') }}

with

common_words as (
    select * from {{ ref('common_words') }}
),

coins as (
    select
        canonical_id,
        lower(symbol) as symbol,
        btrim(regexp_replace(lower(name), '[^[:alnum:]]+', ' ', 'g')) as name,
        row_number() over (order by market_cap_usd desc nulls last, canonical_id) as prominence
    from {{ ref('int_coins__consensus') }}
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
