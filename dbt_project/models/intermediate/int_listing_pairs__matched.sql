-- One partner at most for each listing: a pair that is the best of both its sides. Where two are equally good, and
-- people have not decided, there is no telling, and no match.
with

judged as (
    select * from {{ ref('int_listing_pairs__judged') }}
    where method is not null
),

ranked as (
    select
        *,
        row_number() over (partition by coingecko_id order by score desc, coinpaprika_id asc) as coingecko_choice,
        row_number() over (partition by coinpaprika_id order by score desc, coingecko_id asc) as coinpaprika_choice,
        count(*) over (partition by coingecko_id, score) as coingecko_ties,
        count(*) over (partition by coinpaprika_id, score) as coinpaprika_ties
    from judged
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
