-- The articles that this version adds, or whose coins it merges: nothing is ever dropped.
with

articles as (
    select
        article_id,
        feed,
        title,
        url,
        summary,
        published_at,
        fetched_at
    from {{ ref('int_articles__new') }}
    union all
    select
        article_id,
        feed,
        title,
        url,
        summary,
        published_at,
        fetched_at
    from {{ ref('int_articles__following') }}
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
