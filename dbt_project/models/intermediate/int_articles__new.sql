-- The articles of loads that no published version holds, as they came last.
{{ config(materialized='view') }}

with

unpublished as (
    select * from {{ ref('int_loads__unpublished') }}
),

identified as (
    select * from {{ ref('int_articles__identified') }}
),

articles as (
    select
        identified.article_id,
        articles.feed,
        articles.title,
        articles.url,
        articles.summary,
        articles.published_at,
        articles.fetched_at
    from {{ ref('stg_rss__articles') }} as articles
    inner join identified on articles.article_id = identified.given_id
    where articles.load_id in (select unpublished.load_id from unpublished where unpublished.schema_name = 'raw_rss')
),

latest as (
    select distinct on (article_id) *
    from articles
    order by article_id asc, fetched_at desc, {{ fuller_first('published_at', 'title', 'url') }}
)

select * from latest
