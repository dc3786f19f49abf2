-- What people have decided, each pair read from either side, with all that follows: what is the same as the same is
-- the same, in any number of steps, and what differs from one differs from all that are the same as it.
{{ config(materialized='view') }}
with recursive

overrides as (
    select
        source,
        source_coin_id,
        decision,
        other_source,
        other_source_coin_id,
        reason
    from {{ ref('identity_overrides') }}
    union all
    select
        other_source as source,
        other_source_coin_id as source_coin_id,
        decision,
        source as other_source,
        source_coin_id as other_source_coin_id,
        reason
    from {{ ref('identity_overrides') }}
),

-- A listing is the same as itself, too
agreed as (
    select
        source,
        source_coin_id,
        source as other_source,
        source_coin_id as other_source_coin_id
    from overrides
    union
    select
        agreed.source,
        agreed.source_coin_id,
        overrides.other_source,
        overrides.other_source_coin_id
    from agreed
    inner join overrides
        on
            agreed.other_source = overrides.source
            and agreed.other_source_coin_id = overrides.source_coin_id
            and overrides.decision = 'same'
),

decided as (
    select
        source,
        source_coin_id,
        'same' as decision,
        other_source,
        other_source_coin_id,
        null as reason
    from agreed
    where (source, source_coin_id) <> (other_source, other_source_coin_id)
    union all
    select
        agreed.source,
        agreed.source_coin_id,
        'different' as decision,
        others.other_source,
        others.other_source_coin_id,
        min(overrides.reason) as reason
    from overrides
    inner join agreed
        on overrides.source = agreed.other_source and overrides.source_coin_id = agreed.other_source_coin_id
    inner join agreed as others
        on overrides.other_source = others.source and overrides.other_source_coin_id = others.source_coin_id
    where overrides.decision = 'different'
    group by agreed.source, agreed.source_coin_id, others.other_source, others.other_source_coin_id
)

select * from decided
