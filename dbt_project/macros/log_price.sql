{#- The natural logarithm of a price, for ratios. -#}
{%- macro log_price(column) -%} ln({{ column }}::double precision) {%- endmacro -%}
