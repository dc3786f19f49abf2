{#- Two listings that one provider has side by side, as two, and that today's evidence does not say are one. -#}
{%- macro are_rivals(one, other) -%}
    {{ one }}.source = {{ other }}.source
    and {{ one }}.precedence <= {{ var('provider_precedence') }}
    and {{ one }}.is_active
    and {{ other }}.is_active
    and {{ one }}.match_key <> {{ other }}.match_key
{%- endmacro -%}
