select * from {{ source('ledger', 'etl_source_runs') }}
