select * from {{ source('ledger', 'published_loads') }}
