{#- Whether this run makes all hours and days anew from the records: `dbt build --full-refresh`. -#}
{%- macro rebuilding() -%} {{ "true" if flags is defined and flags.FULL_REFRESH else "false" }} {%- endmacro -%}
