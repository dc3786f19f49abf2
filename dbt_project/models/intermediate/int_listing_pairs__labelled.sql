-- Every labelled pair with the coins that its listings are published as; null where one is not listed.
{{ config(materialized="view") }}

with

listings as (
    select * from {{ ref('stg_published__coin_listings') }}
),

labels as (
    select
        'seed' as truth,
        coingecko_id,
        coinpaprika_id,
        is_same
    from {{ ref('identity_labels') }}
    union all
    select
        truth,
        coingecko_id,
        coinpaprika_id,
        is_same
    from {{ ref('stg_ledger__identity_labels') }}
),

labelled as (
    select
        labels.*,
        coingecko.canonical_id as coingecko_coin,
        coinpaprika.canonical_id as coinpaprika_coin
    from labels
    left join listings as coingecko
        on labels.coingecko_id = coingecko.source_coin_id and coingecko.source = 'coingecko'
    left join listings as coinpaprika
        on labels.coinpaprika_id = coinpaprika.source_coin_id and coinpaprika.source = 'coinpaprika'
)

select * from labelled
