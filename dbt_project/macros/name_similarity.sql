{#- How alike the names of two fields are, from 0 to 1; one that the other holds as a word is alike: `id` and `coin_id`. -#}
{%- macro name_similarity(one, other) -%}
greatest(
            similarity({{ one }}, {{ other }}), word_similarity({{ one }}, {{ other }}),
            word_similarity({{ other }}, {{ one }})
        )::numeric
{%- endmacro -%}
