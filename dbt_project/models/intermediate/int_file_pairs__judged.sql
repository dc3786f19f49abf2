-- Rows of files beside the providers' listings of the same symbol, judged by the same rules. A file names coins by
-- symbol and name, so the name stands for the id, too; contracts it has none.
{{ config(materialized='view') }}
with

sides as (
    select
        keyed.*,
        listings.price_usd,
        listings.market_cap_usd,
        listings.circulating_supply,
        listings.total_supply,
        listings.max_supply,
        listings.observed_at,
        listings.status,
        count(*) over (partition by keyed.source, keyed.symbol_key) as symbol_holders,
        count(*) over (partition by keyed.source, keyed.symbol_key, keyed.core_name_key) as name_holders
    from {{ ref('int_listings__keyed') }} as keyed
    inner join {{ ref('int_listings__current') }} as listings using (source, source_coin_id)
    where
        keyed.symbol_key in (
            select filed.symbol_key
            from {{ ref('int_listings__keyed') }} as filed
            where filed.source not in ('coingecko', 'coinpaprika') and filed.symbol_key <> ''
        )
),

files as (
    select
        source,
        source_coin_id,
        symbol_key,
        name_key,
        core_name_key,
        name_key as id_key,
        is_wrapped,
        other_coin_words,
        price_usd,
        market_cap_usd,
        circulating_supply,
        total_supply,
        max_supply,
        observed_at,
        status,
        symbol_holders,
        name_holders
    from sides
    where source not in ('coingecko', 'coinpaprika')
),

providers as (
    select * from sides
    where source in ('coingecko', 'coinpaprika')
),

compared as (
    select
        files.source,
        files.source_coin_id,
        providers.source as other_source,
        providers.source_coin_id as other_source_coin_id,
        null::text as decision,
        false as has_same_contract,
        false as has_other_contract,
        {{ compared_listings('files', 'providers') }}
    from files
    inner join providers using (symbol_key)
),

agreeing as (
    select
        *,
        {{ link_agreements() }}
    from compared
),

weighed as (
    select
        *,
        has_agreeing_price or has_agreeing_market_cap or has_agreeing_supply as has_agreeing_quote
    from agreeing
),

judged as (
    select
        *,
        {{ link_method() }} as method
    from weighed
),

scored as (
    select
        source,
        source_coin_id,
        other_source,
        other_source_coin_id,
        has_conflicting_price,
        method,
        {{ link_confidence() }} as confidence,
        {{ link_score() }} as score,
        {{ link_evidence() }} as evidence
    from judged
)

select * from scored
