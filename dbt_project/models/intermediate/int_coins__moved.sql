-- Ids that begin, end, or part with this version: coins added, merged into an older one, split from one.
{{ config(materialized='view') }}
with

identified as (
    select * from {{ ref('int_listings__identified') }}
),

known as (
    select * from {{ ref('int_coin_ids__known') }}
),

merged as (
    select * from {{ ref('int_coins__merged') }}
),

relinked as (
    select * from {{ ref('int_listings__relinked') }}
),

joined as (
    select
        old_canonical_id,
        new_canonical_id,
        string_agg(source || ' ' || source_coin_id, ', ' order by source, source_coin_id) as listings
    from relinked
    group by old_canonical_id, new_canonical_id
),

splits as (
    select
        relinked.new_canonical_id as canonical_id,
        coalesce(merged.survivor_id, relinked.old_canonical_id) as other_canonical_id,
        string_agg(
            relinked.source || ' ' || relinked.source_coin_id, ', '
            order by relinked.source, relinked.source_coin_id
        ) as listings
    from relinked
    left join merged on relinked.old_canonical_id = merged.canonical_id
    where relinked.new_canonical_id <> coalesce(merged.survivor_id, relinked.old_canonical_id)
    group by relinked.new_canonical_id, coalesce(merged.survivor_id, relinked.old_canonical_id)
),

added as (
    select
        canonical_id,
        string_agg(source || ' ' || source_coin_id, ', ' order by source, source_coin_id) as listings
    from identified
    where
        canonical_id not in (select known.canonical_id from known)
        and canonical_id not in (select splits.canonical_id from splits)
    group by canonical_id
),

moved as (
    select
        1 as place,
        'added' as kind,
        canonical_id,
        null as other_canonical_id,
        null as old_value,
        null as new_value,
        'listed as ' || listings as detail
    from added
    union all
    select
        2 as place,
        'split' as kind,
        canonical_id,
        other_canonical_id,
        null as old_value,
        null as new_value,
        'with ' || listings as detail
    from splits
    union all
    select
        3 as place,
        'merged' as kind,
        merged.canonical_id,
        merged.survivor_id as other_canonical_id,
        merged.canonical_id as old_value,
        merged.survivor_id as new_value,
        'with ' || joined.listings as detail
    from merged
    left join joined
        on
            merged.canonical_id = joined.old_canonical_id
            and merged.survivor_id = joined.new_canonical_id
)

select * from moved
