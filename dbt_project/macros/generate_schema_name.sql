{#- Schemas are named as configured, without a prefix. With target `published`, marts are read where they are served. -#}
{%- macro generate_schema_name(custom_schema_name, node) -%}
    {%- if custom_schema_name is none -%} {{ target.schema }}
    {%- elif custom_schema_name == "candidate" and target.name == "published" -%} marts
    {%- else -%} {{ custom_schema_name | trim }}
    {%- endif -%}
{%- endmacro -%}
