-- Coins that get back the id under which their listings were published before it was merged away. An id returns to
-- those that brought it: the first holders, to one coin only.
{{ config(materialized='view') }}
with

settled as (
    select * from {{ ref('int_listings__settled') }} where kept_id is null
),

remembered as (
    select * from {{ ref('int_listings__remembered') }}
),

known as (
    select * from {{ ref('int_coin_ids__known') }}
),

claims as (
    select
        settled.match_key,
        remembered.former_id,
        known.seniority,
        min(remembered.held_since) as held_since
    from settled
    inner join remembered using (source, source_coin_id)
    inner join known on remembered.former_id = known.canonical_id
    group by settled.match_key, remembered.former_id, known.seniority
),

ranked as (
    select
        *,
        row_number() over (partition by match_key order by held_since asc, seniority asc) as choice,
        row_number() over (partition by former_id order by held_since asc, match_key asc) as claim
    from claims
),

returned as (
    select
        match_key,
        former_id
    from ranked
    where choice = 1 and claim = 1
)

select * from returned
