with

events as (
    select * from {{ ref('stg_csv__file_events') }}
),

latest as (
    select distinct on (file) *
    from events
    order by file, recorded_at desc
),

loaded as (
    select distinct on (file) *
    from events
    where status = 'loaded'
    order by file, recorded_at desc
),

csv_files as (
    select
        -- ids
        latest.file,
        latest.source,

        -- strings
        latest.status,
        coalesce(latest.kind, loaded.kind) as kind,
        latest.message,
        coalesce(latest.encoding, loaded.encoding) as encoding,
        coalesce(latest.delimiter, loaded.delimiter) as delimiter,
        coalesce(latest.decimal_style, loaded.decimal_style) as decimal_style,
        coalesce(latest.date_style, loaded.date_style) as date_style,

        -- json
        coalesce(latest.mapping, loaded.mapping) as mapping,
        latest.doubts,

        -- numerics
        coalesce(loaded.row_count, 0) as row_count,
        coalesce(loaded.rejected_count, 0) as rejected_count,

        -- timestamps
        latest.modified_at,
        loaded.recorded_at as loaded_at,
        latest.recorded_at
    from latest
    left join loaded on latest.file = loaded.file
)

select * from csv_files
