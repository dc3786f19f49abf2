-- Where coins are deployed. An address that listings of several coins name goes to the coin that most of them mean,
-- then to the larger one; the others stay visible beside it.
with

deployments as (
    select * from {{ ref('int_listings__deployments') }}
),

identified as (
    select * from {{ ref('int_listings__identified') }}
),

token_namespaces as (
    select * from {{ ref('token_namespaces') }}
),

claimed as (
    select
        deployments.chain_id,
        deployments.address,
        identified.canonical_id,
        array_agg(distinct deployments.source order by deployments.source) as sources,
        max(identified.market_cap_usd) as market_cap_usd
    from deployments
    inner join identified using (source, source_coin_id)
    group by deployments.chain_id, deployments.address, identified.canonical_id
),

ranked as (
    select
        *,
        row_number() over (
            partition by chain_id, address
            order by cardinality(sources) desc, market_cap_usd desc nulls last, canonical_id asc
        ) as place,
        array_agg(canonical_id) over (
            partition by chain_id, address
            order by canonical_id rows between unbounded preceding and unbounded following
        ) as claimants
    from claimed
),

coin_deployments as (
    select
        -- ids
        ranked.chain_id,
        ranked.address,
        ranked.canonical_id,
        case
            when ranked.address ~ token_namespaces.address_pattern -- what is no address there has no such id
                then {{ caip19_id('ranked.chain_id', 'token_namespaces.asset_namespace', 'ranked.address') }}
        end as caip19_id,

        -- strings
        ranked.sources,
        array_remove(ranked.claimants, ranked.canonical_id) as other_canonical_ids
    from ranked
    left join token_namespaces on split_part(ranked.chain_id, ':', 1) = token_namespaces.chain_namespace
    where ranked.place = 1
)

select * from coin_deployments
