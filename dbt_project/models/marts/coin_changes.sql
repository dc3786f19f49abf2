-- What happens to coins with this version, for those who follow by id.
with

published as (
    select * from {{ ref('stg_published__coins') }}
),

coins as (
    select * from {{ ref('coins') }}
),

compared as (
    select
        canonical_id,
        published.name as old_name,
        coins.name as new_name,
        published.symbol as old_symbol,
        coins.symbol as new_symbol,
        published.status as old_status,
        coins.status as new_status
    from published
    inner join coins using (canonical_id)
),

altered as (
    select
        4 as place,
        'renamed' as kind,
        canonical_id,
        null as other_canonical_id,
        old_name as old_value,
        new_name as new_value,
        null as detail
    from compared
    where old_name <> new_name
    union all
    select
        5 as place,
        'symbol_changed' as kind,
        canonical_id,
        null as other_canonical_id,
        old_symbol as old_value,
        new_symbol as new_value,
        null as detail
    from compared
    where old_symbol <> new_symbol
    union all
    select
        6 as place,
        case new_status when 'active' then 'relisted' else 'delisted' end as kind,
        canonical_id,
        null as other_canonical_id,
        old_status as old_value,
        new_status as new_value,
        null as detail
    from compared
    where old_status <> new_status
),

changes as (
    select * from {{ ref('int_coins__moved') }}
    union all
    select * from altered
),

last_change as (
    select coalesce(max(change_id), 0) as change_id from {{ ref('stg_published__coin_changes') }}
),

coin_changes as (
    select
        -- ids
        last_change.change_id + row_number() over (
            order by changes.place, changes.canonical_id, changes.other_canonical_id
        ) as change_id,
        changes.canonical_id,
        changes.other_canonical_id,

        -- strings
        changes.kind,
        changes.old_value,
        changes.new_value,
        changes.detail,

        -- numerics
        {{ next_version() }} as version,

        -- timestamps
        {{ when_published() }} as changed_at
    from changes
    cross join last_change
    where {{ next_version() }} > 1
)

select * from coin_changes
