{#-
    The columns that a published table has; none when there is no such table yet. Adding a column locks readers out, also
    when the column is there: so it is asked first.
-#}
{%- macro columns_of_published(name) -%}
    {%- set found = run_query(
        "select column_name from information_schema.columns where table_schema = 'marts' and table_name = '" ~ name ~ "'"
    ) -%}
    {{ return(found.columns[0].values() | list) }}
{%- endmacro -%}
