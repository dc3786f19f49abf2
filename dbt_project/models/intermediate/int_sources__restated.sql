-- Files that have a new content since the published version: it holds all that they say, so what they said before and
-- say no longer is taken back.
with

files as (
    select * from {{ ref('stg_csv__files') }}
),

unpublished as (
    select * from {{ ref('int_loads__unpublished') }}
),

restated as (
    select distinct files.source
    from files
    inner join unpublished using (load_id)
    where files.status = 'loaded' and unpublished.schema_name = 'raw_csv'
)

select * from restated
