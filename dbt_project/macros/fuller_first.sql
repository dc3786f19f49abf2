{#- The end of an `order by` that leaves nothing to the order of rows: of two contents of one key and one time, the one
    that says more, then the larger. -#}
{%- macro fuller_first() -%}
{%- for column in varargs %}{{ column }} desc nulls last{{ ", " if not loop.last }}{% endfor -%}
{%- endmacro -%}
