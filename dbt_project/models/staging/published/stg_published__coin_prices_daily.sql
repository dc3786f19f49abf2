select * from {{ source('published', 'coin_prices_daily') }}
