-- Published listings that this version links to another coin: what is kept by coin has to follow them.
with

identified as (
    select * from {{ ref('int_listings__identified') }}
),

relinked as (
    select
        source,
        source_coin_id,
        published_id as old_canonical_id,
        canonical_id as new_canonical_id
    from identified
    where published_id <> canonical_id
)

select * from relinked
