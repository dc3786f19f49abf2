{#- What each watched table reaches, one row each: the marts made of it, and the endpoints that serve them. -#}
{%- macro touched_by_tables() -%}
    {%- for provider in watched_providers() -%}
        {%- set outer = loop -%}
        {%- for table in watched_tables(provider) %}
    select
        '{{ provider }}' as source,
        '{{ table.name }}' as table_name,
        {{ touched_by(provider, table.name) }}
            {%- if not (loop.last and outer.last) %}
    union all
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
{%- endmacro -%}

{#- The two lists of one table, out of the project's graph; empty while it is only parsed. -#}
{%- macro touched_by(provider, table) -%}
    {%- set seen = [] -%}
    {%- set marts = [] -%}
    {%- set endpoints = [] -%}
    {%- if execute -%}
        {%- for node in graph.sources.values() if node.source_name == provider and node.name == table -%}
            {%- do seen.append(node.unique_id) -%}
        {%- endfor -%}
        {%- set models = graph.nodes.values() | selectattr("resource_type", "equalto", "model") | list -%}
        {%- for _ in range(25) -%} {#- the longest way through the project is shorter -#}
            {%- for node in models if node.unique_id not in seen -%}
                {%- if node.depends_on.nodes | select("in", seen) | list -%}
                    {%- do seen.append(node.unique_id) -%}
                    {%- if node.config.schema == "candidate" -%} {%- do marts.append(node.name) -%} {%- endif -%}
                {%- endif -%}
            {%- endfor -%}
        {%- endfor -%}
        {%- for node in graph.exposures.values() if node.depends_on.nodes | select("in", seen) | list -%}
            {%- do endpoints.append(node.label or node.name) -%}
        {%- endfor -%}
    {%- endif -%}
array[{% for name in marts | sort %}'{{ name }}'{{ ", " if not loop.last }}{% endfor %}]::text[] as touched_marts,
        array[{% for name in endpoints | sort %}'{{ name }}'{{ ", " if not loop.last }}{% endfor %}]::text[] as touched_endpoints
{%- endmacro -%}
