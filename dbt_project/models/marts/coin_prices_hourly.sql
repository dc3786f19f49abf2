-- The hours that this version makes anew. Each price is the median of what the sources say of it, so no source's habit
-- of quoting more often weighs more, and a lone spike among three sources does not show.
with

quoted as (
    select * from {{ ref('int_price_hours__quoted') }}
),

coin_prices_hourly as (
    select
        -- ids
        canonical_id,

        -- numerics
        {{ exact_median('open_usd') }} as open_usd,
        {{ exact_median('high_usd') }} as high_usd,
        {{ exact_median('low_usd') }} as low_usd,
        {{ exact_median('close_usd') }} as close_usd,
        {{ exact_median('market_cap_usd') }} as market_cap_usd,
        {{ exact_median('volume_usd') }} as volume_usd,
        sum(quote_count)::integer as quote_count,
        array_agg(source order by source) as sources,

        -- timestamps
        bucket_at
    from quoted
    group by canonical_id, bucket_at
)

select * from coin_prices_hourly
