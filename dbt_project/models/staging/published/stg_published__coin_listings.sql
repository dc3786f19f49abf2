select * from {{ source('published', 'coin_listings') }}
