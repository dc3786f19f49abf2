-- Published articles that mention a coin which this version merges into another one.
{{ config(materialized='view') }}

with

articles as (
    select * from {{ ref('stg_published__news_articles') }}
),

mentions as (
    select * from {{ ref('stg_published__news_mentions') }}
),

merged as (
    select * from {{ ref('int_coins__merged') }}
),

new_articles as (
    select * from {{ ref('int_articles__new') }}
),

affected as (
    select distinct mentions.article_id
    from mentions
    inner join merged using (canonical_id)
),

following as (
    select articles.*
    from articles
    inner join affected using (article_id)
    where articles.article_id not in (select new_articles.article_id from new_articles)
)

select * from following
