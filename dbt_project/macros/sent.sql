{#-
    A field of a raw table as its provider sends it today: the column, or, where `field_mappings` in dbt_project.yml says
    that the field has another name or type by now, what came under that name and could not be taken as it was.
-#}
{%- macro sent(table, field, type) -%}
    {%- set now = field_mappings().get(table ~ "." ~ field) -%}
    {%- if not now -%} {{ field }}
    {%- else -%}
        {%- set came = "(extra ->> '" ~ now ~ "')" -%}
        coalesce({{ field }},
        {%- if type == "numeric" %} {{ number_from(came) }}
        {%- elif type == "timestamptz" %} case when {{ came }} ~ '^\d{4}-\d\d-\d\d[T ]\d\d:\d\d' then {{ came }}::timestamptz end
        {%- elif type == "boolean" %} case lower({{ came }}) when 'true' then true when 'false' then false end
        {%- else %} {{ came }}
        {%- endif -%}
        )
    {%- endif -%}
{%- endmacro -%}

{#- A number written as text, with or without commas between thousands and a dollar sign; null for anything else. -#}
{%- macro number_from(text) -%}
case
    when {{ text }} ~ '^\s*\$?\s*-?\d{1,3}(,\d{3})+(\.\d+)?\s*$' then translate({{ text }}, '$, ', '')::numeric
    when {{ text }} ~ '^\s*\$?\s*-?\d{1,60}(\.\d+)?([eE][+-]?\d{1,2})?\s*$' then translate({{ text }}, '$ ', '')::numeric
end
{%- endmacro -%}

{#- The approved mappings, none while only the SQL's style is looked at. -#}
{%- macro field_mappings() -%}
    {%- set mappings = var("field_mappings", {}) -%}
    {{ return(mappings if mappings is mapping else {}) }}
{%- endmacro -%}
