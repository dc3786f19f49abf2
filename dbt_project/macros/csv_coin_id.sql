{#-
    A CSV row names its coin by symbol and name only: both together, as a slug, are its id within the file. Of a coin that is
    called NULL, and has nothing else, it is `null-null`: `null` in a seed is no text, so nothing could be decided about it.
-#}
{%- macro csv_coin_id(symbol, name) -%}
    coalesce(
        nullif(
            regexp_replace(
                concat_ws('-', nullif({{ slug(symbol) }}, ''), nullif({{ slug(name) }}, '')), '^null$', 'null-null'
            ),
            ''
        ),
        md5(concat_ws('/', {{ symbol }}, {{ name }}))
    )
{%- endmacro -%}
