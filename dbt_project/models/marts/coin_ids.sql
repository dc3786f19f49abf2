-- What this version writes into the ledger of ids: new ones, and those that stop or start redirecting. A redirect
-- leads to the coin that answers today, however many merges lie between.
with

known as (
    select * from {{ ref('int_coin_ids__known') }}
),

live as (
    select distinct canonical_id from {{ ref('int_listings__identified') }}
),

merged as (
    select * from {{ ref('int_coins__merged') }}
),

given as (
    select
        live.canonical_id,
        null as redirects_to,
        {{ next_version() }} as given_version,
        {{ when_published() }} as given_at,
        null::bigint as retired_version,
        null::timestamptz as retired_at
    from live
    where live.canonical_id not in (select known.canonical_id from known)
),

led as (
    select
        known.*,
        case
            when live.canonical_id is null then coalesce(merged.survivor_id, known.redirects_to)
        end as leads_to
    from known
    left join live on known.canonical_id = live.canonical_id
    left join merged on coalesce(known.redirects_to, known.canonical_id) = merged.canonical_id
),

changed as (
    select
        canonical_id,
        leads_to as redirects_to,
        given_version,
        given_at,
        case when leads_to is not null then coalesce(retired_version, {{ next_version() }}) end as retired_version,
        case when leads_to is not null then coalesce(retired_at, {{ when_published() }}) end as retired_at
    from led
    where not is_recorded or redirects_to is distinct from leads_to
),

unioned as (
    select * from given
    union all
    select * from changed
),

coin_ids as (
    select
        -- ids
        canonical_id,
        redirects_to,

        -- numerics
        given_version,
        retired_version,

        -- timestamps
        given_at,
        retired_at
    from unioned
)

select * from coin_ids
