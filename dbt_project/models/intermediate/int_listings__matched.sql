-- Which listings are one coin: they share a match key. Providers' listings match in pairs; a CSV row joins the coin
-- that alone has its symbol and name, or else the rows of other files that have them too.
with

keyed as (
    select * from {{ ref('int_listings__keyed') }}
),

pairs as (
    select * from {{ ref('int_listing_pairs__matched') }}
),

providers as (
    select
        keyed.*,
        'coingecko:' || coalesce(pairs.coingecko_id, keyed.source_coin_id) as match_key,
        pairs.method,
        pairs.confidence,
        pairs.evidence
    from keyed
    left join pairs on keyed.source_coin_id = pairs.coingecko_id
    where keyed.source = 'coingecko'
    union all
    select
        keyed.*,
        coalesce('coingecko:' || pairs.coingecko_id, 'coinpaprika:' || keyed.source_coin_id) as match_key,
        pairs.method,
        pairs.confidence,
        pairs.evidence
    from keyed
    left join pairs on keyed.source_coin_id = pairs.coinpaprika_id
    where keyed.source = 'coinpaprika'
),

files as (
    select
        *,
        source || ':' || source_coin_id as own_key
    from keyed
    where source not in ('coingecko', 'coinpaprika')
),

file_partners as (
    select
        files.own_key,
        min(providers.match_key) as match_key
    from files
    inner join providers
        on
            files.symbol_key = providers.symbol_key
            and files.core_name_key = providers.core_name_key
    where files.symbol_key <> '' and files.core_name_key <> ''
    group by files.own_key
    having count(distinct providers.match_key) = 1
),

joined as (
    select
        files.source,
        files.source_coin_id,
        coalesce(
            file_partners.match_key,
            'file:' || nullif(files.symbol_key || '/' || files.name_key, '/'),
            files.own_key
        ) as match_key,
        case when file_partners.match_key is not null then 'symbol_and_name' end as method,
        case when file_partners.match_key is not null then 0.9 end as confidence,
        case when file_partners.match_key is not null then 'same symbol, same name' end as evidence
    from files
    left join file_partners using (own_key)
),

unioned as (
    select
        source,
        source_coin_id,
        match_key,
        method,
        confidence,
        evidence
    from providers
    union all
    select * from joined
),

matched as (
    select
        source,
        source_coin_id,
        match_key,
        coalesce(method, 'alone') as method,
        coalesce(confidence, 1.0) as confidence,
        coalesce(evidence, 'no other listing is known to be this coin') as evidence
    from unioned
)

select * from matched
