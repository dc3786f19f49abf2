with

events as (
    select * from {{ source('csv', 'files') }}
),

latest as (
    select distinct on (file)
        -- ids
        file,
        file_hash,
        _dlt_load_id as load_id,
        'csv:' || regexp_replace(file, '\.csv$', '', 'i') as source,

        -- strings
        status,
        kind,
        message,

        -- numerics
        row_count,
        rejected_count,

        -- timestamps
        modified_at,
        fetched_at
    from events
    order by file, fetched_at desc
)

select * from latest
