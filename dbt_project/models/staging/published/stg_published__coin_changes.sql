select * from {{ source('published', 'coin_changes') }}
