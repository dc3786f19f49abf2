{#- The median as an exact numeric: `percentile_cont` computes in floating point. -#}
{%- macro exact_median(column) -%}
    (
        (array_agg({{ column }} order by {{ column }}) filter (where {{ column }} is not null))[(count({{ column }}) + 1) / 2]
        + (array_agg({{ column }} order by {{ column }}) filter (where {{ column }} is not null))[count({{ column }}) / 2 + 1]
    ) * 0.5
{%- endmacro -%}

{#- `text` as an identifier: lower case letters and digits, words joined by one dash; empty when nothing remains. -#}
{%- macro slug(text) -%} trim(both '-' from regexp_replace(lower({{ text }}), '[^a-z0-9]+', '-', 'g')) {%- endmacro -%}
