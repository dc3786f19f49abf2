-- The articles of loads that no published version holds, as they came last.
{{ config(materialized='view') }}

with

unpublished as (
    select * from {{ ref('int_loads__unpublished') }}
),

articles as (
    select * from {{ ref('stg_rss__articles') }}
    where load_id in (select unpublished.load_id from unpublished where unpublished.schema_name = 'raw_rss')
),

latest as (
    select distinct on (article_id) *
    from articles
    order by article_id asc, fetched_at desc, {{ fuller_first('published_at', 'title', 'url') }}
)

select * from latest
