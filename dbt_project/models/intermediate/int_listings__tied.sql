-- What ties listings together: the coin each is published as, and the group that today's evidence puts it in, with the
-- strength of both ties. The listing that the others are linked to is as firm in its coin as the firmest of them.
with

listings as (
    select * from {{ ref('int_listings__current') }}
),

matched as (
    select * from {{ ref('int_listings__matched') }}
),

succeeded as (
    select * from {{ ref('int_listings__succeeded') }}
),

history as (
    select * from {{ ref('stg_published__coin_listing_history') }} where valid_to is null
),

published as (
    select * from {{ ref('stg_published__coin_listings') }}
),

tied as (
    select
        listings.source,
        listings.source_coin_id,
        coalesce(history.canonical_id, listings.published_canonical_id) as published_id,
        coalesce(predecessors.match_key, matched.match_key) as match_key,
        succeeded.predecessor_id,
        coalesce(succeeded.method, matched.method) as method,
        {{ link_strength('coalesce(succeeded.method, matched.method)') }} as own_strength,
        {{ link_strength("coalesce(history.method, published.method, 'alone')") }} as own_published_strength,
        listings.status = 'active' as is_active,
        listings.first_seen_at,
        {{ source_precedence('listings.source') }} as precedence
    from listings
    inner join matched using (source, source_coin_id)
    left join succeeded using (source, source_coin_id)
    left join matched as predecessors
        on
            succeeded.source = predecessors.source
            and succeeded.predecessor_id = predecessors.source_coin_id
    left join history
        on
            listings.source = history.source
            and listings.source_coin_id = history.source_coin_id
    left join published
        on
            listings.source = published.source
            and listings.source_coin_id = published.source_coin_id
),

grouped as (
    select
        *,
        count(*) over (partition by match_key) as group_size,
        max(own_strength) over (partition by match_key) as group_strength,
        max(own_published_strength) over (partition by published_id) as coin_strength
    from tied
),

weighed as (
    select
        source,
        source_coin_id,
        published_id,
        match_key,
        predecessor_id,
        method,
        case
            when own_strength > 0 then own_strength
            when group_size = 1 then 0
            when group_strength > 0 then group_strength
            else 2 -- rows of files with one symbol and name
        end as strength,
        case when own_published_strength > 0 then own_published_strength else coin_strength end as published_strength,
        is_active,
        first_seen_at,
        precedence
    from grouped
)

select * from weighed
