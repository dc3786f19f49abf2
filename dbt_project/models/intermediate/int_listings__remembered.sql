-- Former ids of listings that today answer for another one: should the listing be parted from its coin again, the id
-- that it brought into it is its own.
{{ config(materialized='view') }}
with

history as (
    select * from {{ ref('stg_published__coin_listing_history') }}
),

retired as (
    select * from {{ ref('stg_published__coin_ids') }} where redirects_to is not null
),

tied as (
    select * from {{ ref('int_listings__tied') }}
),

remembered as (
    select
        tied.source,
        tied.source_coin_id,
        retired.canonical_id as former_id,
        min(history.valid_from) as held_since
    from retired
    inner join history on retired.canonical_id = history.canonical_id
    inner join tied
        on
            history.source = tied.source
            and history.source_coin_id = tied.source_coin_id
            and retired.redirects_to = tied.published_id
    group by tied.source, tied.source_coin_id, retired.canonical_id
)

select * from remembered
