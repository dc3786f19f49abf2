-- What this version writes into the history of links: the ends of links that change, and the links that begin.
with

identified as (
    select * from {{ ref('int_listings__identified') }}
),

known as (
    select * from {{ ref('int_listing_links__known') }}
),

compared as (
    select
        identified.source,
        identified.source_coin_id,
        identified.canonical_id,
        identified.method,
        identified.confidence,
        identified.evidence,
        known.valid_from as known_from,
        known.canonical_id as known_id,
        known.method as known_method,
        known.confidence as known_confidence,
        known.evidence as known_evidence,
        known.version as known_version,
        known.is_recorded,
        coalesce(
            identified.canonical_id <> known.canonical_id or identified.method <> known.method, true
        ) as is_new
    from identified
    left join known using (source, source_coin_id)
),

unioned as (
    select
        source,
        source_coin_id,
        {{ when_published() }} as valid_from,
        null as valid_to,
        canonical_id,
        method,
        confidence,
        evidence,
        {{ next_version() }} as version
    from compared
    where is_new
    union all
    select
        source,
        source_coin_id,
        known_from as valid_from,
        case when is_new then {{ when_published() }} end as valid_to,
        known_id as canonical_id,
        known_method as method,
        known_confidence as confidence,
        known_evidence as evidence,
        known_version as version
    from compared
    where known_from is not null and (is_new or not is_recorded)
),

coin_listing_history as (
    select
        -- ids
        source,
        source_coin_id,
        canonical_id,

        -- strings
        method,
        evidence,

        -- numerics
        confidence,
        version,

        -- timestamps
        valid_from,
        valid_to
    from unioned
)

select * from coin_listing_history
