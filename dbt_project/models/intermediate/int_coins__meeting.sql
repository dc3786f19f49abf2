-- Published coins that have listings in one group today, two by two: whether the evidence is strong on both sides, and
-- whether they were one coin before.
{{ config(materialized='view') }}
with

standing as (
    select * from {{ ref('int_listings__standing') }} where standing_id is not null
),

known as (
    select * from {{ ref('int_coin_ids__known') }}
),

history as (
    select * from {{ ref('stg_published__coin_listing_history') }}
),

sizes as (
    select
        standing_id,
        count(*) as coin_size
    from standing
    group by standing_id
),

present as (
    select
        standing.match_key,
        standing.standing_id as canonical_id,
        known.seniority,
        max(standing.strength) as strength,
        max(sizes.coin_size) as coin_size
    from standing
    inner join sizes using (standing_id)
    inner join known on standing.standing_id = known.canonical_id
    group by standing.match_key, standing.standing_id, known.seniority
),

counted as (
    select
        *,
        count(*) over (partition by match_key) as coin_count
    from present
),

crowded as (
    select * from counted where coin_count > 1
),

-- Coins all of whose listings were another coin before
formerly as (
    select
        crowded.canonical_id,
        history.canonical_id as former_id
    from crowded
    inner join standing on crowded.canonical_id = standing.standing_id
    inner join history
        on
            standing.source = history.source
            and standing.source_coin_id = history.source_coin_id
            and crowded.canonical_id <> history.canonical_id
    group by crowded.canonical_id, crowded.coin_size, history.canonical_id
    having count(distinct standing.source || ' ' || standing.source_coin_id) = crowded.coin_size
),

meeting as (
    select distinct
        younger.match_key,
        younger.canonical_id,
        older.canonical_id as older_id,
        older.seniority,
        least(younger.strength, older.strength) >= 2 as is_strong,
        formerly.former_id is not null as was_one
    from crowded as younger
    inner join crowded as older using (match_key)
    left join formerly
        on
            younger.canonical_id = formerly.canonical_id
            and older.canonical_id = formerly.former_id
    where younger.seniority > older.seniority
)

select * from meeting
