with

events as (
    select * from {{ source('csv', 'files') }}
),

renamed as (
    select
        -- ids
        file,
        file_hash,
        revision,
        'csv:' || regexp_replace(file, '\.csv$', '', 'i') as source,

        -- strings
        case when status in ('loaded', 'removed') then status else 'refused' end as status,
        kind,
        encoding,
        delimiter,
        decimal_style,
        date_style,
        message,

        -- json
        mapping,
        doubts,

        -- numerics
        row_count,
        rejected_count,

        -- timestamps
        modified_at,
        recorded_at
    from events
)

select * from renamed
