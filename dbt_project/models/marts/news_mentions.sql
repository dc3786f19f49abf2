-- The mentions in the articles that this version adds or that changed. Those of a coin that merges follow it.
with

mentioned as (
    select * from {{ ref('int_articles__mentioned') }}
),

following as (
    select * from {{ ref('int_articles__following') }}
),

published as (
    select * from {{ ref('stg_published__news_mentions') }}
),

merged as (
    select * from {{ ref('int_coins__merged') }}
),

followed as (
    select
        published.article_id,
        coalesce(merged.survivor_id, published.canonical_id) as canonical_id,
        published.matched_text,
        published.confidence
    from published
    inner join following using (article_id)
    left join merged on published.canonical_id = merged.canonical_id
),

unioned as (
    select
        article_id,
        canonical_id,
        matched_text,
        confidence
    from mentioned
    union all
    select * from followed
),

news_mentions as (
    select distinct on (article_id, canonical_id)
        -- ids
        article_id,
        canonical_id,

        -- strings
        matched_text,

        -- numerics
        confidence
    from unioned
    order by article_id, canonical_id, confidence desc, matched_text
)

select * from news_mentions
