{#- What a variable, a list of methods and values, says of the method of a link; null where there is none. -#}
{%- macro by_method(variable) -%}
        case method
            {%- for entry in var(variable) %} when '{{ entry | first }}' then {{ entry | last }}{% endfor %}
        end
{%- endmacro -%}
