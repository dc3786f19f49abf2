{#- How large a coin is, in words that sort. -#}
{%- macro market_cap_band(market_cap_usd) -%}
    case
        when {{ market_cap_usd }} >= 1e9 then '1 B and more'
        when {{ market_cap_usd }} >= 1e8 then '100 M to 1 B'
        when {{ market_cap_usd }} >= 1e7 then '10 M to 100 M'
        when {{ market_cap_usd }} >= 1e6 then '1 M to 10 M'
        when {{ market_cap_usd }} > 0 then 'under 1 M'
        else 'unknown'
    end
{%- endmacro -%}
