{#- What the quotes of two listings say of each other, as columns; a price of a dollar agrees with nothing. -#}
{%- macro link_agreements() -%}
        coalesce(price_log_ratio <= {{ var('agreeing_log_ratio') }} and not is_pegged, false) as has_agreeing_price,
        coalesce(price_log_ratio > {{ var('conflicting_log_ratio') }}, false) as has_conflicting_price,
        coalesce(market_cap_log_ratio <= {{ var('agreeing_log_ratio') }}, false) as has_agreeing_market_cap,
        coalesce(supply_log_ratio <= {{ var('agreeing_supply_log_ratio') }}, false) as has_agreeing_supply
{%- endmacro -%}
