-- Where each listing's token is deployed: CAIP-2 chain and address. A chain that the seed does not know is one
-- provider's own and can't match; addresses keep their case where it matters.
{{ config(post_hook="analyze {{ this }}") }}

with

chains as (
    select * from {{ ref('chains') }}
),

coinpaprika as (
    select
        source,
        source_coin_id,
        platform,
        address
    from {{ ref('stg_coinpaprika__contracts') }}
),

coingecko as (
    select distinct on (coins.source, coins.source_coin_id, platforms.platform)
        coins.source,
        coins.source_coin_id,
        platforms.platform,
        btrim(platforms.address) as address
    from {{ ref('stg_coingecko__coins') }} as coins
    cross join lateral jsonb_each_text(coins.platforms) as platforms (platform, address)
    where
        jsonb_typeof(coins.platforms) = 'object'
        and coins.load_id not in (
            select held_back.load_id
            from {{ ref('int_loads__held_back') }} as held_back
            where held_back.schema_name = 'raw_coingecko'
        )
    order by coins.source, coins.source_coin_id, platforms.platform, coins.fetched_at desc
),

unioned as (
    select * from coinpaprika
    union all
    select * from coingecko
),

deployments as (
    select distinct
        unioned.source,
        unioned.source_coin_id,
        coalesce(chains.chain_id, unioned.source || ':' || unioned.platform) as chain_id,
        case
            when chains.is_case_sensitive or (chains.chain_id is null and unioned.address !~* '^0x[0-9a-f]{40}$')
                then unioned.address
            else lower(unioned.address)
        end as address
    from unioned
    left join chains
        on
            unioned.source = chains.source
            and unioned.platform = chains.platform
    where unioned.address <> '' and unioned.source_coin_id is not null
)

select * from deployments
