-- The articles that this version adds: publication merges them, nothing is ever dropped.
with

unpublished as (
    select * from {{ ref('int_loads__unpublished') }}
),

articles as (
    select * from {{ ref('stg_rss__articles') }}
    where load_id in (select load_id from unpublished where schema_name = 'raw_rss')
),

news_articles as (
    select distinct on (article_id)
        -- ids
        article_id,
        feed,

        -- strings
        coalesce(title, '(untitled)') as title,
        url,
        summary,
        array[]::text[] as coins,

        -- timestamps
        published_at,
        fetched_at
    from articles
    order by article_id, fetched_at desc
)

select * from news_articles
