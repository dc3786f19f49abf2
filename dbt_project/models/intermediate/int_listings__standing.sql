-- Every listing with the coin that it stands in before this version merges any: none for a newcomer, or what left.
with

tied as (
    select * from {{ ref('int_listings__tied') }}
),

parts_left as (
    select
        published_id,
        match_key,
        true as has_left
    from {{ ref('int_coin_parts__left') }}
),

standing as (
    select
        tied.*,
        case when parts_left.has_left is null then tied.published_id end as standing_id
    from tied
    left join parts_left using (published_id, match_key)
)

select * from standing
