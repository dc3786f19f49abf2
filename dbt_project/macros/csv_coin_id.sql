{#- A CSV row names its coin by symbol and name only: both together, as a slug, are its id within the file. -#}
{%- macro csv_coin_id(symbol, name) -%}
    coalesce(
        nullif(concat_ws('-', nullif({{ slug(symbol) }}, ''), nullif({{ slug(name) }}, '')), ''),
        md5(concat_ws('/', {{ symbol }}, {{ name }}))
    )
{%- endmacro -%}
