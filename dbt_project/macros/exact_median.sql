{#- The median as an exact numeric without padding zeros: `percentile_cont` computes in floating point. -#}
{%- macro exact_median(column) -%}
    {%- set ordered -%}
        (array_agg({{ column }} order by {{ column }}) filter (where {{ column }} is not null))
    {%- endset -%}
    trim_scale((
        {{ ordered }}[(count({{ column }}) + 1) / 2]
        + {{ ordered }}[count({{ column }}) / 2 + 1]
    ) * 0.5)
{%- endmacro -%}
