-- An example of a model of your own: by how many per cent coins have moved since the day before, of all days there are.
with

closes as (
    select
        canonical_id,
        bucket_at,
        close_usd,
        lag(close_usd) over (partition by canonical_id order by bucket_at) as previous_close_usd
    from {{ ref('coin_prices_daily') }}
),

coins as (
    select * from {{ ref('coins') }}
),

daily_movers as (
    select
        coins.canonical_id,
        coins.rank,
        closes.bucket_at,
        round((closes.close_usd / closes.previous_close_usd - 1) * 100, 2) as percent_change
    from closes
    inner join coins on closes.canonical_id = coins.canonical_id
    where closes.previous_close_usd is not null
)

select * from daily_movers
