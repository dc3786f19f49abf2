-- The parts of published coins whose listings are no longer in one group today. Place 1 is the coin, should they part:
-- not what another coin brought in, but the one that the id is reserved for, that more sources list, that is better
-- linked, older, of the source that comes first.
{{ config(materialized='view') }}
with

tied as (
    select
        *,
        min(match_key) over (partition by published_id)
        <> max(match_key) over (partition by published_id) as is_spread
    from {{ ref('int_listings__tied') }}
    where published_id is not null
),

former as (
    select distinct
        source,
        source_coin_id
    from {{ ref('int_listings__remembered') }}
),

reserved as (
    select * from {{ ref('int_listings__reserved') }}
),

parts as (
    select
        tied.published_id,
        tied.match_key,
        bool_and(former.source is not null) as is_guest,
        bool_or(coalesce(reserved.reserved_id = tied.published_id, false)) as is_reserved,
        count(distinct tied.source) filter (where tied.is_active) as active_source_count,
        count(distinct tied.source) as source_count,
        max(tied.strength) as strength,
        max(tied.published_strength) as published_strength,
        min(tied.published_strength) = {{ link_strength("'override'") }}
        and max(tied.strength) < {{ link_strength("'override'") }} as is_taken_back,
        date_trunc('day', min(tied.first_seen_at)) as first_seen_at, -- of one day, which came first is chance
        min(tied.precedence) as precedence
    from tied
    left join former using (source, source_coin_id)
    left join reserved using (source, source_coin_id)
    where tied.is_spread
    group by tied.published_id, tied.match_key
),

ranked as (
    select
        published_id,
        match_key,
        published_strength,
        is_taken_back,
        row_number() over (
            partition by published_id
            order by
                is_guest asc,
                is_reserved desc,
                active_source_count desc,
                source_count desc,
                strength desc,
                first_seen_at asc,
                precedence asc,
                match_key asc
        ) as place
    from parts
)

select * from ranked
