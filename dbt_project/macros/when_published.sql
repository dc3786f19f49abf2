{#- The moment of this version's publication, which is not known yet: `publish` writes it in place of this. -#}
{%- macro when_published() -%} 'infinity'::timestamptz {%- endmacro -%}
