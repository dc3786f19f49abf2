-- What this version notes of who coins are: those whose name, symbol or status changed, and at most once a day those
-- whose rank did. A day is the data's own: an unchanged market is no news after midnight either.
with

coins as (
    select
        *,
        (max(last_seen_at) over () at time zone 'utc')::date as today
    from {{ ref('coins') }}
),

compared as (
    select
        coins.*,
        noted.seen_on as noted_on,
        coalesce(
            noted.symbol <> coins.symbol or noted.name <> coins.name or noted.status <> coins.status, true
        ) as is_new,
        coalesce(noted.rank, 0) <> coalesce(coins.rank, 0) as has_moved
    from coins
    left join lateral (
        select snapshots.*
        from {{ ref('stg_published__coin_snapshots') }} as snapshots
        where snapshots.canonical_id = coins.canonical_id
        order by snapshots.seen_on desc
        limit 1
    ) as noted on true
),

coin_snapshots as (
    select
        -- ids
        canonical_id,

        -- strings
        symbol,
        name,
        status,

        -- numerics
        rank,

        -- dates
        today as seen_on
    from compared
    where is_new or (has_moved and noted_on < today)
)

select * from coin_snapshots
