select * from {{ source('published', 'coin_snapshots') }}
