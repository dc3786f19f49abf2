{#- The models that are published: everything in the folder `marts`, by name. -#}
{%- macro mart_nodes() -%}
    {%- set nodes = [] -%}
    {%- for node in graph.nodes.values() | sort(attribute="name") -%}
        {%- if node.resource_type == "model" and node.config.schema == "candidate" -%}
            {%- do nodes.append(node) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(nodes) }}
{%- endmacro -%}

{#- The columns of a mart's primary key, from its contract. -#}
{%- macro primary_key_of(node) -%}
    {%- for constraint in node.constraints if constraint.type == "primary_key" -%}
        {{ return(constraint.columns) }}
    {%- endfor -%}
    {{ exceptions.raise_compiler_error("mart " ~ node.name ~ " has no primary key in its contract") }}
{%- endmacro -%}
