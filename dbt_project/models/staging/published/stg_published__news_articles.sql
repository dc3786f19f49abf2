select * from {{ source('published', 'news_articles') }}
