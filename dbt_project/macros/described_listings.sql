{#-
    The listings of a condition with all that comparing looks at: the keys of `keyed`, the quotes of `listings`, and how
    many listings of the same source have the symbol, and symbol and name. A condition leaves out whole sources or symbols only.
-#}
{%- macro described_listings(condition) -%}
    select
        keyed.*,
        listings.price_usd,
        listings.market_cap_usd,
        listings.circulating_supply,
        listings.total_supply,
        listings.max_supply,
        listings.observed_at,
        listings.status,
        count(*) over (partition by keyed.source, keyed.symbol_key) as symbol_holders,
        count(*) over (partition by keyed.source, keyed.symbol_key, keyed.core_name_key) as name_holders
    from keyed
    inner join listings using (source, source_coin_id)
    where {{ condition }}
{%- endmacro -%}
