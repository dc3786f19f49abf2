select * from {{ source('ledger', 'drift_acceptances') }}
