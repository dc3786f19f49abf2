{#- An address for comparison: the same over http and https, with and without `www.`, on any port, with a `/` at its end. -#}
{%- macro address_key(address) -%}
    regexp_replace(
        regexp_replace({{ address }}, '^https?://(www\.)?([^/:?#]*)(:[0-9]+)?', '\2', 'i'), '/*(#.*)?$', ''
    )
{%- endmacro -%}
