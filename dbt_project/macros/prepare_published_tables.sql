{#-
    Before a run: every mart has its permanent table in `marts`, with the contract's columns, keys and checks, indexes
    and comments, so that models can read what is published, also on the very first run. A column added to a contract
    later is added here.
-#}
{%- macro prepare_published_tables() -%}
    {%- if execute and flags.WHICH in ("build", "run") and target.name == "candidate" -%}
        {%- for node in mart_nodes() %}
create table if not exists marts.{{ node.name }} (
            {%- for column in node.columns.values() %}
    {{ column.name }} {{ column.data_type }}
                {%- for constraint in column.constraints %}
                    {%- if constraint.type == "not_null" %} not null
                    {%- elif constraint.type == "check" %} check ({{ constraint.expression }})
                    {%- endif -%}
                {%- endfor %},
            {%- endfor %}
    primary key ({{ primary_key_of(node) | join(", ") }})
);
            {%- set present = columns_of_published(node.name) -%}
            {%- for column in node.columns.values() %}
                {%- if present and column.name not in present %}
alter table marts.{{ node.name }} add column if not exists {{ column.name }} {{ column.data_type }};
                {%- endif %}
comment on column marts.{{ node.name }}.{{ column.name }} is $comment${{ column.description }}$comment$;
            {%- endfor %}
comment on table marts.{{ node.name }} is $comment${{ node.description }}$comment$;
            {%- for index in node.config.meta.published_indexes or [] %}
create index if not exists {{ node.name }}_{{ index | join("_") | replace(" ", "_") }} on marts.{{ node.name }} ({{ index | join(", ") }});
            {%- endfor %}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro -%}
