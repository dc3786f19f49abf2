-- The mentions in the articles that this version adds or that changed.
with

news_mentions as (
    select
        -- ids
        article_id,
        canonical_id,

        -- strings
        matched_text,

        -- numerics
        confidence
    from {{ ref('int_articles__mentioned') }}
)

select * from news_mentions
