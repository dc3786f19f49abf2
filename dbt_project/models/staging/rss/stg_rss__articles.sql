with

articles as (
    select * from {{ source('rss', 'articles') }}
),

renamed as (
    select
        -- ids
        md5(feed || ' ' || guid) as article_id,
        feed,
        guid,
        _dlt_load_id as load_id,

        -- strings
        title,
        url,
        summary,

        -- timestamps
        least(coalesce(published_at, fetched_at), fetched_at) as published_at,
        fetched_at
    from articles
)

select * from renamed
