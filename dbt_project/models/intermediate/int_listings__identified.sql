-- Every listing with its coin and the reason. A link that today's evidence no longer gives stays as it was published;
-- a listing that today's evidence would link to a coin published apart says so.
with

listings as (
    select * from {{ ref('int_listings__current') }}
),

matched as (
    select * from {{ ref('int_listings__matched') }}
),

settled as (
    select * from {{ ref('int_listings__settled') }}
),

named as (
    select * from {{ ref('int_coins__named') }}
),

published as (
    select * from {{ ref('int_listing_links__known') }}
),

linked as (
    select
        settled.source,
        settled.source_coin_id,
        settled.match_key,
        settled.predecessor_id,
        settled.method,
        settled.published_id,
        coalesce(settled.kept_id, named.canonical_id) as canonical_id
    from settled
    left join named on settled.match_key = named.match_key and settled.kept_id is null
),

counted as (
    select
        *,
        count(*) over (partition by canonical_id) > 1 as is_shared,
        count(*) over (partition by canonical_id, match_key) > 1 as is_matched
    from linked
),

judged as (
    select
        counted.*,
        matched.method = 'alone' as is_unmatched,
        matched.confidence as matched_confidence,
        matched.evidence as matched_evidence,
        counted.is_shared and not counted.is_matched and published.method is not null as is_kept,
        published.method as published_method,
        published.confidence as published_confidence,
        published.evidence as published_evidence
    from counted
    inner join matched using (source, source_coin_id)
    left join published using (source, source_coin_id)
),

identified as (
    select
        listings.*,
        judged.canonical_id,
        judged.published_id,
        judged.match_key,
        case
            when judged.is_kept then judged.published_method
            when judged.is_shared then judged.method
            else 'alone'
        end as method,
        case
            when judged.is_kept then judged.published_confidence
            when judged.is_shared then judged.matched_confidence
            else 1
        end as confidence,
        case
            when judged.is_kept then judged.published_evidence
            when judged.is_shared and judged.predecessor_id is not null and judged.is_unmatched
                then 'the new id of ' || judged.predecessor_id || ' at this source'
            when judged.is_shared or judged.is_unmatched then judged.matched_evidence
            else 'apart from what it is like, as published before: ' || judged.matched_evidence
        end as evidence,
        {{ source_precedence('listings.source') }} as precedence
    from listings
    inner join judged using (source, source_coin_id)
)

select * from identified
