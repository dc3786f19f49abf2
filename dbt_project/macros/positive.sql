{#- The number without padding zeros, or null unless it is above zero: a price or cap of zero or less is not one. -#}
{%- macro positive(column) -%} case when {{ column }} > 0 then trim_scale({{ column }}) end {%- endmacro -%}
