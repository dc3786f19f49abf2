{#- Whose spelling of a coin's symbol and name is shown when sources differ: 1 comes first. -#}
{%- macro source_precedence(source) -%}
    case {{ source }} when 'coingecko' then 1 when 'coinpaprika' then 2 else 3 end
{%- endmacro -%}
