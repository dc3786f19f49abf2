-- A published coin stays: delisted ones are marked, merged ones redirect, none disappears.
select canonical_id
from {{ ref('stg_published__coins') }} as published
where not exists (select from {{ ref('coins') }} as coins where coins.canonical_id = published.canonical_id)
