{#- How strong the evidence of a link is, by its method: 0 for none, 1 for a weak one, from 2 on by var `strong_methods`. -#}
{%- macro link_strength(method) -%}
    case
        when {{ method }} = 'alone' then 0
    {%- for methods in var("strong_methods") %}
        when {{ method }} in ('{{ methods | join("', '") }}') then {{ loop.index + 1 }}
    {%- endfor %}
        else 1
    end
{%- endmacro -%}
