-- The ids of coins that had none: their own, which comes back to them, or a new one that no coin ever had.
{{ config(materialized='view') }}
with

proposed as (
    select * from {{ ref('int_coins__proposed') }}
),

returned as (
    select * from {{ ref('int_coins__returned') }}
),

known as (
    select * from {{ ref('int_coin_ids__known') }}
),

claimed as (
    select
        *,
        row_number() over (partition by proposed_id order by prominence, match_key) as claim
    from proposed
),

named as (
    select
        claimed.match_key,
        case
            when returned.former_id is not null then returned.former_id
            when known.canonical_id is null and claimed.claim = 1 then claimed.proposed_id
            else claimed.proposed_id || '-' || left(md5(claimed.match_key), 6)
        end as canonical_id
    from claimed
    left join returned using (match_key)
    left join known on claimed.proposed_id = known.canonical_id
)

select * from named
