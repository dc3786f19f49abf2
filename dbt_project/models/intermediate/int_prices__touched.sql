-- The hours and days whose prices this version has to make anew: of quotes and candles that come, and of those that a
-- correction or another link takes away. A rebuild makes all anew but those whose quotes retention has taken; so does
-- the first run that makes them in another way than they were made.
with

restated as (
    select * from {{ ref('int_sources__restated') }}
),

relinked as (
    select * from {{ ref('int_listings__relinked') }}
),

-- not materialized: of a record of millions of rows only those that are asked for are read, by index
published_quotes as not materialized (
    select
        *,
        observed_at as opened_at,
        observed_at as closed_at
    from {{ ref('stg_published__coin_quotes') }}
),

published_candles as not materialized (
    select * from {{ ref('stg_published__coin_candles') }}
),

published_prices as (
    select
        'hour' as grain,
        canonical_id,
        bucket_at,
        bucket_at as closed_at
    from {{ ref('stg_published__coin_prices_hourly') }}
    where {{ remaking_prices() }}
    union all
    select
        'day' as grain,
        canonical_id,
        bucket_at,
        bucket_at + interval '1 day' as closed_at
    from {{ ref('stg_published__coin_prices_daily') }}
    where {{ remaking_prices() }}
),

changed_spans as (
    select
        canonical_id,
        observed_at as opened_at,
        observed_at as closed_at
    from {{ ref('int_quotes__identified') }}
    union all
    select
        canonical_id,
        opened_at,
        closed_at
    from {{ ref('int_candles__identified') }}
    {%- for published in ['published_quotes', 'published_candles'] %}
    {%- for changed, columns in [('restated', 'source'), ('relinked', 'source, source_coin_id')] %}
    union all
    select
        {{ published }}.canonical_id,
        {{ published }}.opened_at,
        {{ published }}.closed_at
    from {{ changed }}
    inner join {{ published }} using ({{ columns }})
    {%- endfor %}
    {%- endfor %}
),

all_spans as (
    {%- for published in ['published_quotes', 'published_candles'] %}
    select
        canonical_id,
        opened_at,
        closed_at
    from {{ published }}
    where {{ remaking_prices() }}
    union all
    {%- endfor %}
    select
        canonical_id,
        bucket_at as opened_at,
        closed_at
    from published_prices
),

-- these are as they are: what they were made of is gone
settled as (
    select
        grain,
        canonical_id,
        bucket_at
    from published_prices
    where bucket_at < (select max(pruned_before) from {{ ref('stg_ledger__pruned_quotes') }})
),

touched as (
    {{ buckets_of('changed_spans') }}
    union
    (
        {{ buckets_of('all_spans') }}
        except
        select * from settled
    )
)

select * from touched
