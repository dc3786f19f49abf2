select * from {{ source('published', 'coin_listing_history') }}
