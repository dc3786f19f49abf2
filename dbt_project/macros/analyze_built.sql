{#- What follows in the same run is planned by the sizes that the table has now. -#}
{%- macro analyze_built() -%}
    {%- if model.config.materialized != "view" -%} analyze {{ this }} {%- endif -%}
{%- endmacro -%}
