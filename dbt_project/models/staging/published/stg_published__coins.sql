select * from {{ source('published', 'coins') }}
