with

rejected_records as (
    select * from {{ source('coingecko', 'rejected_records') }}
),

renamed as (
    select
        -- ids
        'coingecko' as source,
        table_name,
        content_hash,
        request_id,
        _dlt_load_id as load_id,

        -- strings
        reason,
        payload,

        -- timestamps
        fetched_at as rejected_at
    from rejected_records
)

select * from renamed
