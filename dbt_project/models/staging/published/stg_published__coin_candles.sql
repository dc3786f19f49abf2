select * from {{ source('published', 'coin_candles') }}
