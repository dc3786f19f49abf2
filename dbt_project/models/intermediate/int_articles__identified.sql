-- Which article each new one is: one that is known, wherever it comes from by now and whatever its feed calls it.
-- Its feed and guid say so, or the address that is its guid; else two of its address, title and time, of which the home
-- page is no address, and title and time count on one site, at one path or under one guid.
{{ config(materialized='table') }}

with

unpublished as (
    select * from {{ ref('int_loads__unpublished') }}
),

articles as (
    select * from {{ ref('stg_rss__articles') }}
),

published as (
    select * from {{ ref('stg_published__news_articles') }}
),

incoming as (
    select * from articles
    where load_id in (select unpublished.load_id from unpublished where unpublished.schema_name = 'raw_rss')
),

span as (
    select
        case
            when bool_or(published_at >= fetched_at) then '-infinity' -- what has no time may be of any
            else min(published_at) - interval '1 day'
        end as started_at
    from incoming
),

unioned as (
    select
        false as is_published,
        article_id,
        feed,
        guid,
        title,
        url,
        published_at,
        fetched_at
    from incoming
    union all
    select
        true as is_published,
        published.article_id,
        coalesce(articles.feed, published.feed) as feed,
        articles.guid,
        published.title,
        published.url,
        published.published_at,
        published.fetched_at
    from published
    left join articles using (article_id)
    where published.published_at >= (select span.started_at from span)
),

keyed as (
    {{ article_keys('unioned') }}
),

firsts as (
    select distinct on (key)
        key,
        article_id as first_id,
        is_published as is_first_published,
        fetched_at as first_at
    from keyed
    order by key asc, is_published desc, fetched_at asc, article_id asc
),

met as (
    select distinct on (keyed.article_id)
        keyed.article_id,
        firsts.first_id
    from keyed
    inner join firsts using (key)
    where not keyed.is_published
    order by
        keyed.article_id asc, firsts.is_first_published desc, firsts.first_at asc, firsts.first_id asc
),

identified as (
    select
        met.article_id as given_id,
        case
            when published.article_id is not null then met.article_id
            else coalesce(beyond.first_id, met.first_id) -- the first one may be another's repetition
        end as article_id
    from met
    left join met as beyond on met.first_id = beyond.article_id
    left join published on met.article_id = published.article_id
)

select * from identified
