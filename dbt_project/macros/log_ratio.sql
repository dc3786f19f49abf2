{#- How far two numbers lie apart, whichever is larger: the absolute natural logarithm of their ratio, null if one is. -#}
{%- macro log_ratio(one, other) -%} abs({{ log_price(one) }} - {{ log_price(other) }}) {%- endmacro -%}
