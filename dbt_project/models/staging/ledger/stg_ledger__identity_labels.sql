select * from {{ source('ledger', 'identity_labels') }}
