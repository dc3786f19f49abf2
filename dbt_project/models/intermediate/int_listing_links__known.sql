-- The links in force, with the time from which each was published. A warehouse of before the history has links that it
-- does not know: as ids never changed then, they are as old as their listings. A history of before evidence was kept in
-- it takes that of the listings.
{{ config(materialized='view') }}
with

history as (
    select * from {{ ref('stg_published__coin_listing_history') }} where valid_to is null
),

published as (
    select * from {{ ref('stg_published__coin_listings') }}
),

publications as (
    select
        version,
        published_at
    from {{ ref('stg_ledger__publications') }}
),

unrecorded as (
    select
        published.source,
        published.source_coin_id,
        coalesce(min(publications.published_at), {{ when_published() }}) as valid_from,
        published.canonical_id,
        published.method,
        published.confidence,
        published.evidence,
        coalesce(min(publications.version), {{ next_version() }}) as version
    from published
    left join history using (source, source_coin_id)
    left join publications on published.first_seen_at <= publications.published_at
    where history.source is null
    group by
        published.source,
        published.source_coin_id,
        published.canonical_id,
        published.method,
        published.confidence,
        published.evidence
),

known as (
    select
        history.source,
        history.source_coin_id,
        history.valid_from,
        history.canonical_id,
        history.method,
        history.confidence,
        coalesce(history.evidence, published.evidence) as evidence,
        history.version,
        true as is_recorded
    from history
    left join published using (source, source_coin_id)
    union all
    select
        *,
        false as is_recorded
    from unrecorded
)

select * from known
