select
    schema_name,
    load_id,
    version
from {{ source('ledger', 'published_loads') }}
