-- Rows of files beside the providers' listings of the same symbol, judged by the same rules. A file names coins by
-- symbol and name, so the name stands for the id, too; contracts it has none.
{{ config(materialized='view') }}
with

keyed as (
    select * from {{ ref('int_listings__keyed') }}
),

listings as (
    select * from {{ ref('int_listings__current') }}
),

symbols_of_files as (
    select symbol_key from keyed
    where source not in ('coingecko', 'coinpaprika') and symbol_key <> ''
),

described as (
    {{ described_listings('keyed.symbol_key in (select symbol_key from symbols_of_files)') }}
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
    from described
    where source not in ('coingecko', 'coinpaprika')
),

providers as (
    select * from described
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

{{ judged_pairs() }},

file_pairs as (
    select
        source,
        source_coin_id,
        other_source,
        other_source_coin_id,
        has_conflicting_price,
        method,
        confidence,
        score,
        evidence
    from scored
)

select * from file_pairs
