{#-
    Schemas are named as configured, without a prefix. What is made aside as `candidate` is read where it is served with
    any target that does not build it. The models of analysts have their own schema, wherever they are read.
-#}
{%- macro generate_schema_name(custom_schema_name, node) -%}
    {%- if node.original_file_path.startswith("analysts/") -%} analysts
    {%- elif custom_schema_name is none -%} {{ target.schema }}
    {%- elif custom_schema_name == "candidate" and target.name != "candidate" -%} marts
    {%- else -%} {{ custom_schema_name | trim }}
    {%- endif -%}
{%- endmacro -%}
