select * from {{ source('published', 'coin_quotes') }}
