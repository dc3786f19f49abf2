select * from {{ source('ledger', 'pruned_quotes') }}
