{#-
    All that the sources quoted in the loads of the CTE `loads` (schema_name, load_id), as it came. What a file said
    before it was corrected is no quote any more: `is_standing` is false.
-#}
{%- macro quotes_of(loads) -%}
    {%- set columns = [
        "symbol", "name", "market_rank", "price_usd", "market_cap_usd", "volume_24h_usd", "percent_change_24h",
        "circulating_supply", "total_supply", "max_supply",
    ] -%}
    {%- set of_files = {"total_supply": "null::numeric", "max_supply": "null::numeric"} -%}
    {%- set of_days = dict(
        of_files, market_rank="null::bigint", price_usd="close_usd", volume_24h_usd="volume_usd",
        percent_change_24h="null::numeric", circulating_supply="null::numeric",
    ) -%}
    {%- for schema, relation, differing in [
        ("raw_coinpaprika", ref("stg_coinpaprika__tickers"), {}),
        ("raw_coingecko", ref("stg_coingecko__markets"), {}),
        ("raw_csv", ref("stg_csv__snapshots"), of_files),
        ("raw_csv", ref("stg_csv__ohlcvs"), of_days),
    ] %}
    select
        source,
        source_coin_id,
        {%- for column in columns %}
        {{ differing[column] ~ " as " if column in differing }}{{ column }},
        {%- endfor %}
        {%- if differing %}
        (file, file_hash, revision) in (select file, file_hash, revision from {{ ref("stg_csv__files") }}) as is_standing,
        {%- else %}
        true as is_standing,
        {%- endif %}
        is_time_clamped,
        observed_at,
        fetched_at
    from {{ relation }}
    where
        load_id in (select load_id from {{ loads }} where schema_name = '{{ schema }}')
        {%- if "price_usd" in differing %}
        and close_usd is not null -- a file whose numbers contradict themselves lands without them
        {%- endif %}
        {%- if not loop.last %}
    union all
        {%- endif -%}
    {%- endfor -%}
{%- endmacro -%}
