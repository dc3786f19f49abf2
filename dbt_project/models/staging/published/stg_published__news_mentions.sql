select * from {{ source('published', 'news_mentions') }}
