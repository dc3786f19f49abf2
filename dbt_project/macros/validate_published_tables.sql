{#-
    After a publication: prove of all rows what a contract demands since its table was made, beside readers and writers.
    Rows that break it stay as they are, with a warning; the next run tries again.
-#}
{%- macro validate_published_tables() -%}
    {%- if execute and flags.WHICH == "build" and target.name == "candidate" -%}
        {%- set present = published_catalog() -%}
        {%- for node in mart_nodes() -%}
            {%- for name, is_proved in present[node.name].checks.items() if not is_proved %}
begin;
do $validate$
begin
    alter table marts.{{ node.name }} validate constraint {{ name }};
                {%- for column in node.columns.values() if check_name(node.name, column.name, "is required") == name %}
    set local lock_timeout = '10s';
    alter table marts.{{ node.name }} alter column {{ column.name }} set not null, drop constraint {{ name }};
                {%- endfor %}
exception when check_violation then
    raise warning 'rows of marts.{{ node.name }} break its contract: %', sqlerrm;
end
$validate$;
commit;
            {%- endfor -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro -%}
