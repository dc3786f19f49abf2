{#- The hours and days that the spans of the CTE `spans` (canonical_id, opened_at, closed_at) lie in: grain, coin, start. -#}
{%- macro buckets_of(spans) -%}
    select
        'hour' as grain,
        canonical_id,
        date_trunc('hour', opened_at, 'UTC') as bucket_at
    from {{ spans }}
    where closed_at <= date_trunc('hour', opened_at, 'UTC') + interval '1 hour'
    union
    select
        'day' as grain,
        canonical_id,
        date_trunc('day', opened_at, 'UTC') as bucket_at
    from {{ spans }}
{%- endmacro -%}
