{#- `text` as an identifier: lower case letters and digits, words joined by one dash; empty when nothing remains. -#}
{%- macro slug(text) -%} trim(both '-' from regexp_replace(lower({{ text }}), '[^a-z0-9]+', '-', 'g')) {%- endmacro -%}
