{#-
    A coin's name for comparison: letters and digits only, without the words that providers add or leave out
    (`0x` and `0x Protocol`); the whole name where nothing else remains (`Coin`).
-#}
{%- macro name_key(name) -%}
    coalesce(
        nullif(
            regexp_replace(
                regexp_replace(lower({{ name }}), '\y({{ var("generic_name_words") | join("|") }})\y', '', 'g'),
                '[^[:alnum:]]', '', 'g'
            ),
            ''
        ),
        regexp_replace(lower({{ name }}), '[^[:alnum:]]', '', 'g')
    )
{%- endmacro -%}
