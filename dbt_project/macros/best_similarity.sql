{#- How alike two keyed listings' names are at best, by trigrams, 0 to 1: whole, without generic words, as ids spell them. -#}
{%- macro best_similarity(one, other) -%}
    case
        when {{ one }}.name_key = {{ other }}.name_key or {{ one }}.id_key = {{ other }}.id_key then 1
        else coalesce(greatest(
            similarity({{ one }}.name_key, {{ other }}.name_key),
            similarity({{ one }}.core_name_key, {{ other }}.core_name_key),
            similarity({{ one }}.id_key, {{ other }}.id_key),
            similarity({{ one }}.id_key, {{ other }}.name_key),
            similarity({{ one }}.name_key, {{ other }}.id_key)
        ), 0)
    end
{%- endmacro -%}
