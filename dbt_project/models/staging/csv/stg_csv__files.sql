-- What a file says: its latest content that could be loaded. It holds after the file is gone, and while it is broken.
with

events as (
    select * from {{ source('csv', 'files') }} where status = 'loaded'
),

current_contents as (
    select distinct on (file)
        -- ids
        file,
        file_hash,
        revision,
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
    order by file, recorded_at desc
)

select * from current_contents
