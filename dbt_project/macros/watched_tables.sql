{#-
    The raw tables of a provider that are watched for drift, with their keys and the fields that are required: without
    them, a transformation would publish less than was published before.
-#}
{%- macro watched_tables(provider) -%}
    {%- set watched = {
        "coinpaprika": [
            {
                "name": "tickers",
                "key": ["id"],
                "required": [
                    "symbol", "name", "usd_price", "usd_market_cap", "usd_volume_24h", "usd_percent_change_24h", "last_updated",
                ],
            },
            {"name": "coins", "key": ["id"], "required": ["symbol", "name", "is_active"]},
            {"name": "contracts", "key": ["platform", "address"], "required": ["id"]},
        ],
        "coingecko": [
            {
                "name": "markets",
                "key": ["id"],
                "required": [
                    "symbol", "name", "current_price", "market_cap", "total_volume", "price_change_percentage_24h",
                    "last_updated",
                ],
            },
            {"name": "coins_list", "key": ["id"], "required": ["symbol", "name", "platforms"]},
        ],
    } -%}
    {{ return(watched[provider]) }}
{%- endmacro -%}

{#- The providers that have such tables. -#}
{%- macro watched_providers() -%}
    {{ return(["coinpaprika", "coingecko"]) }}
{%- endmacro -%}
