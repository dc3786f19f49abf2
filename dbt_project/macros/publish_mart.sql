{#- A column as it is published: a record's `meta.stamped` ones get the moment of publication where they wait for it. -#}
{%- macro published_value(node, column) -%}
    {%- if column in (node.config.meta.stamped or []) -%}
case when {{ column }} = {{ when_published() }} then (select published_at from publication) else {{ column }} end
    {%- else -%} {{ column }}
    {%- endif -%}
{%- endmacro -%}

{#-
    The statement that makes one mart equal to its candidate. A mart with `meta.publish: upsert` only adds and changes;
    with `meta.scope` it is made equal within what that model names: rows that agree with one of its rows in `columns`, of
    those that its `where` chooses.
-#}
{%- macro publish_mart(node) -%}
    {%- set columns = node.columns.keys() | list -%}
    {%- set key = primary_key_of(node) -%}
    {%- set values = columns | reject("in", key) | list -%}
    {%- set candidate = node.schema ~ "." ~ node.name -%}
    {%- set scope = node.config.meta.scope -%}
    {%- set scope_node = graph.nodes.values() | selectattr("name", "equalto", scope.model) | first if scope -%}
with deleted as (
    delete from marts.{{ node.name }} as live
    {%- if scope %} using {{ scope_node.schema }}.{{ scope.model }} as scope {%- endif %}
    where
    {%- if scope %}
        {% for column in scope.columns %}scope.{{ column }} = live.{{ column }} and {% endfor %}
        {%- if scope.where %}{{ scope.where }} and {% endif %}
    {%- endif %}
    {%- if node.config.meta.publish == "upsert" and not scope %} false
    {%- else %} not exists (
        select from {{ candidate }} as next
        where {% for column in key %}next.{{ column }} = live.{{ column }}{{ " and " if not loop.last }}{% endfor %}
    )
    {%- endif %}
    returning 1
),

upserted as (
    insert into marts.{{ node.name }} as live ({{ columns | join(", ") }})
    select
    {%- for column in columns %} {{ published_value(node, column) }}{{ "," if not loop.last }}{% endfor %}
    from {{ candidate }}
    on conflict ({{ key | join(", ") }}) do update set
    {%- for column in values %} {{ column }} = excluded.{{ column }}{{ "," if not loop.last }}{% endfor %}
    where ({% for column in values %}live.{{ column }}{{ ", " if not loop.last }}{% endfor %})
        is distinct from ({% for column in values %}excluded.{{ column }}{{ ", " if not loop.last }}{% endfor %})
    returning xmax = 0 as is_new
)

insert into publication_changes
select
    '{{ node.name }}',
    (select count(*) from upserted where is_new),
    (select count(*) from upserted where not is_new),
    (select count(*) from deleted);
{%- endmacro -%}
