-- Listings of one coin share a match key: equal symbol and equal name, both normalised. Where one source has two
-- listings under a key, the key says nothing and each listing stands alone.
with

listings as (
    select * from {{ ref('int_listings__current') }}
),

normalised as (
    select
        source,
        source_coin_id,
        regexp_replace(lower(symbol), '[^[:alnum:]]', '', 'g') as symbol_key,
        {{ name_key('name') }} as name_key
    from listings
),

counted as (
    select
        source,
        source_coin_id,
        symbol_key,
        name_key,
        count(*) over (partition by symbol_key, name_key, source) as same_source_count
    from normalised
),

judged as (
    select
        source,
        source_coin_id,
        symbol_key,
        name_key,
        symbol_key <> '' and name_key <> ''
        and max(same_source_count) over (partition by symbol_key, name_key) = 1 as is_matchable
    from counted
),

matched as (
    select
        source,
        source_coin_id,
        symbol_key,
        name_key,
        coalesce(is_matchable, false) as is_matchable,
        case when is_matchable then symbol_key || '/' || name_key else source || ':' || source_coin_id end as match_key
    from judged
)

select * from matched
