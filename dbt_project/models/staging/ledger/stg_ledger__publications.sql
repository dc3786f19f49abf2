select * from {{ source('ledger', 'publications') }}
