with

coinpaprika as (
    select * from {{ ref('stg_coinpaprika__rejected_records') }}
),

coingecko as (
    select * from {{ ref('stg_coingecko__rejected_records') }}
),

csv as (
    select * from {{ ref('stg_csv__rejected_records') }}
),

rss as (
    select * from {{ ref('stg_rss__rejected_records') }}
),

rejected_records as (
    select * from coinpaprika
    union all
    select * from coingecko
    union all
    select * from csv
    union all
    select * from rss
)

select * from rejected_records
