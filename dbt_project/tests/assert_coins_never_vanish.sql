-- Every id ever given answers: it is a coin, or it redirects to one.
with

known as (
    select canonical_id from {{ ref('int_coin_ids__known') }}
    union
    select canonical_id from {{ ref('coins') }}
),

written as (
    select
        canonical_id,
        redirects_to
    from {{ ref('coin_ids') }}
),

recorded as (
    select
        canonical_id,
        redirects_to
    from {{ ref('stg_published__coin_ids') }}
    where canonical_id not in (select written.canonical_id from written)
),

ledger as (
    select * from written
    union all
    select * from recorded
)

select known.canonical_id
from known
left join ledger using (canonical_id)
left join {{ ref('coins') }} as coins on coins.canonical_id = coalesce(ledger.redirects_to, ledger.canonical_id)
where
    coins.canonical_id is null
