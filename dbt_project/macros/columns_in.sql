{#- The names of a relation's columns; none while the project is only parsed. -#}
{%- macro columns_in(relation) -%}
    {%- if execute -%} {{ return(adapter.get_columns_in_relation(relation) | map(attribute="name") | list) }} {%- endif -%}
    {{ return([]) }}
{%- endmacro -%}
