-- One partner at most for each listing: a pair that is the best of both its sides. Where two are equally good, and
-- people have not decided, there is no telling, and no match. CoinPaprika numbers the symbol in an id that another
-- listing has (`kendu1-kendu-inu`): of those that spell CoinGecko's id the first one is meant.
with

judged as (
    select * from {{ ref('int_listing_pairs__judged') }}
    where method is not null
),

numbered as (
    select
        *,
        case when has_same_id then length(split_part(coinpaprika_id, '-', 1)) end as id_prefix_length
    from judged
),

ranked as (
    select
        *,
        row_number() over (
            partition by coingecko_id order by score desc, id_prefix_length asc, coinpaprika_id asc
        ) as coingecko_choice,
        row_number() over (partition by coinpaprika_id order by score desc, coingecko_id asc) as coinpaprika_choice,
        count(*) over (partition by coingecko_id, score, id_prefix_length) as coingecko_ties,
        count(*) over (partition by coinpaprika_id, score) as coinpaprika_ties
    from numbered
),

matched as (
    select
        coingecko_id,
        coinpaprika_id,
        method,
        confidence,
        evidence
    from ranked
    where
        coingecko_choice = 1
        and coinpaprika_choice = 1
        and (method = 'override' or (coingecko_ties = 1 and coinpaprika_ties = 1))
)

select * from matched
