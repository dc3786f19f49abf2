-- Where each listing's token is deployed: CAIP-2 chain and address. A chain that the seed does not know is one
-- provider's own and can't match; addresses keep their case where it matters. What stands in the place of an address
-- for a chain's own coin is none.
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

newest as (
    select distinct on (source, source_coin_id)
        source,
        source_coin_id,
        platforms
    from {{ ref('stg_coingecko__coins') }}
    where
        load_id not in (
            select held_back.load_id
            from {{ ref('int_loads__held_back') }} as held_back
            where held_back.schema_name = 'raw_coingecko'
        )
    order by source, source_coin_id, fetched_at desc, platforms::text
),

coingecko as (
    select
        newest.source,
        newest.source_coin_id,
        platforms.platform,
        btrim(platforms.address) as address
    from newest
    cross join lateral jsonb_each_text(newest.platforms) as platforms (platform, address)
    where jsonb_typeof(newest.platforms) = 'object' and newest.platforms <> '{}'
),

unioned as (
    select * from coinpaprika
    union all
    select * from coingecko
),

located as (
    select
        unioned.source,
        unioned.source_coin_id,
        coalesce(chains.chain_id, unioned.source || ':' || unioned.platform) as chain_id,
        chains.chain_id is not null as is_known,
        coalesce(chains.is_case_sensitive, false) as is_case_sensitive,
        regexp_replace(unioned.address, '^' || chains.address_prefix || '(?=[0-9a-f]{40}$)', '0x', 'i') as prefixed,
        unioned.address
    from unioned
    left join chains
        on
            unioned.source = chains.source
            and unioned.platform = chains.platform
    where unioned.address <> '' and unioned.source_coin_id is not null
),

written as (
    select
        source,
        source_coin_id,
        chain_id,
        is_known,
        is_case_sensitive,
        coalesce(prefixed, address) as address
    from located
),

deployments as (
    select distinct
        source,
        source_coin_id,
        chain_id,
        case
            when is_case_sensitive or (not is_known and address !~* '^0x[0-9a-f]{40}$') then address
            else lower(address)
        end as address
    from written
    where address !~* '^0x(0+|e+)$' and (is_case_sensitive or not is_known or address ~* '^0x[0-9a-f]+$')
)

select * from deployments
