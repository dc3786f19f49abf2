select * from {{ source('published', 'coin_ids') }}
