-- The articles that this version adds: publication merges them, nothing is ever dropped.
with

articles as (
    select * from {{ ref('int_articles__new') }}
),

mentions as (
    select
        article_id,
        array_agg(canonical_id order by confidence desc, canonical_id) as coins
    from {{ ref('news_mentions') }}
    group by article_id
),

news_articles as (
    select
        -- ids
        articles.article_id,
        articles.feed,

        -- strings
        coalesce(articles.title, '(untitled)') as title,
        articles.url,
        articles.summary,
        coalesce(mentions.coins, array[]::text[]) as coins,

        -- timestamps
        articles.published_at,
        articles.fetched_at
    from articles
    left join mentions using (article_id)
)

select * from news_articles
