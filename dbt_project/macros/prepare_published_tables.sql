{#-
    Before a run: every mart has its permanent table in `marts`, with the contract's columns, keys, checks, indexes and
    comments, so that models can read what is published, also on the very first run. One that is new beside others, as
    after an upgrade, is filled in this run: hours and days from the records, a record from raw.

    What a contract gained since a table was made is added. Altering a table locks readers out, and who waits for that
    lock holds up every reader behind it: so nothing is altered that is as it should be, no alteration looks at the
    rows, and none waits long. A new check holds for every row written from now on; `validate_published_tables` proves
    it of the others.
-#}
{%- macro prepare_published_tables() -%}
    {%- if execute and flags.WHICH in ("build", "run") and target.name == "candidate" -%}
        {%- set present = published_catalog() -%}
        {%- for node in mart_nodes() %}
            {%- set table = present.get(node.name) -%}
            {%- if not table %}
{{ create_published_table(node) }}
            {%- else -%}
                {%- set changes = changes_of_contract(node, table) -%}
                {%- if changes %}
begin;
set local lock_timeout = '10s';
alter table marts.{{ node.name }}
    {{ changes | join(",\n    ") }};
commit;
                {%- endif -%}
            {%- endif -%}
            {%- set table = table or {"columns": {}, "indexes": []} -%}
            {%- for column in node.columns.values() if table.columns.get(column.name, {}).comment != column.description %}
comment on column marts.{{ node.name }}.{{ column.name }} is $comment${{ column.description }}$comment$;
            {%- endfor %}
            {%- if table.comment != node.description %}
comment on table marts.{{ node.name }} is $comment${{ node.description }}$comment$;
            {%- endif %}
            {%- for index in node.config.meta.published_indexes or [] %}
                {%- set name = node.name ~ "_" ~ index | join("_") | replace(" ", "_") -%}
                {%- if name not in table.indexes %}
create index if not exists {{ name }} on marts.{{ node.name }} ({{ index | join(", ") }});
                {%- endif %}
            {%- endfor %}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro -%}

{#- The statement that makes a mart's permanent table. -#}
{%- macro create_published_table(node) -%}
create table if not exists marts.{{ node.name }} (
    {%- for column in node.columns.values() %}
    {{ column.name }} {{ column.data_type }}{{ default_of(column) }}{{ " not null" if is_required(column) }},
    {%- endfor %}
    {%- for name, expression in checks_of(node).items() %}
    constraint {{ name }} check ({{ expression }}),
    {%- endfor %}
    primary key ({{ primary_key_of(node) | join(", ") }})
){{ " with (" ~ node.config.meta.storage ~ ")" if node.config.meta.storage }};
delete from ops.derivations where marts @> array['{{ node.name }}'];
    {%- if "record" in node.config.tags %}
delete from ops.published_loads where exists (select from ops.publications); -- raw is read again, as far as it is there
    {%- endif %}
{%- endmacro -%}

{#- What to alter so that a permanent table is as its contract says; none of it reads the table's rows. -#}
{%- macro changes_of_contract(node, table) -%}
    {%- set changes = [] -%}
    {%- set checks = checks_of(node) -%}
    {%- for column in node.columns.values() -%}
        {%- set found = table.columns.get(column.name) -%}
        {%- set default = default_of(column) -%}
        {%- if not found -%}
            {%- set required = " not null" if default and is_required(column) else "" -%}
            {%- do changes.append("add column " ~ column.name ~ " " ~ column.data_type ~ default ~ required) -%}
        {%- endif -%}
        {%- if is_required(column) and not (found and found.is_required) and not (default and not found) -%}
            {%- do checks.update({check_name(node.name, column.name, "is required"): column.name ~ " is not null"}) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- for name in table.checks if name not in checks -%}
        {%- do changes.append("drop constraint " ~ name) -%}
    {%- endfor -%}
    {%- for name, expression in checks.items() if name not in table.checks -%}
        {%- do changes.append("add constraint " ~ name ~ " check (" ~ expression ~ ") not valid") -%}
    {%- endfor -%}
    {%- for name, column in table.columns.items() -%}
        {%- if column.is_required and (name not in node.columns or not is_required(node.columns[name]))
            and name not in primary_key_of(node) -%}
            {%- do changes.append("alter column " ~ name ~ " drop not null") -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(changes) }}
{%- endmacro -%}
