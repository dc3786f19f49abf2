-- Every canonical id ever given, by seniority. Warehouses of before the ledger have coins that it does not know: they
-- were given by the first version after we first saw them.
with

recorded as (
    select * from {{ ref('stg_published__coin_ids') }}
),

published as (
    select
        canonical_id,
        first_seen_at
    from {{ ref('stg_published__coins') }}
),

publications as (
    select
        version,
        published_at
    from {{ ref('stg_ledger__publications') }}
),

unrecorded as (
    select
        published.canonical_id,
        coalesce(min(publications.version), {{ next_version() }}) as given_version,
        coalesce(min(publications.published_at), {{ when_published() }}) as given_at
    from published
    left join publications on published.first_seen_at <= publications.published_at
    where not exists (select from recorded where recorded.canonical_id = published.canonical_id)
    group by published.canonical_id
),

unioned as (
    select
        canonical_id,
        redirects_to,
        given_version,
        given_at,
        retired_version,
        retired_at,
        true as is_recorded
    from recorded
    union all
    select
        canonical_id,
        null as redirects_to,
        given_version,
        given_at,
        null as retired_version,
        null as retired_at,
        false as is_recorded
    from unrecorded
),

known as (
    select
        *,
        row_number() over (order by given_version, length(canonical_id), canonical_id) as seniority
    from unioned
)

select * from known
