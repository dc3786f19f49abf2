-- One partner at most for each listing: a pair that is the best of both its sides.
with

judged as (
    select * from {{ ref('int_listing_pairs__judged') }}
),

ranked as (
    select
        *,
        row_number() over (partition by coingecko_id order by score desc, coinpaprika_id asc) as coingecko_choice,
        row_number() over (partition by coinpaprika_id order by score desc, coingecko_id asc) as coinpaprika_choice
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
    where coingecko_choice = 1 and coinpaprika_choice = 1
)

select * from matched
