-- Listings of the coins that an id is reserved for.
{{ config(materialized='view') }}
with

keyed as (
    select * from {{ ref('int_listings__keyed') }}
),

reserved_ids as (
    select * from {{ ref('reserved_ids') }}
),

reserved as (
    select
        keyed.source,
        keyed.source_coin_id,
        reserved_ids.canonical_id as reserved_id
    from keyed
    inner join reserved_ids using (symbol_key, core_name_key)
)

select * from reserved
