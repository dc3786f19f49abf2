{#- How sure a link is: by its method, less what makes it doubtful. -#}
{%- macro link_confidence() -%}
        {{ by_method('link_confidence') }}
        - {{ var('doubt_of_wrapped_contract') }} * coalesce(method = 'contract' and not has_same_wrapping, false)::integer
        - {{ var('doubt_of_contract_and_price') }} * coalesce(method = 'contract' and has_conflicting_price, false)::integer
        - {{ var('doubt_of_other_contract') }}
        * coalesce(method like 'symbol%' and has_other_contract and not has_agreeing_quote, false)::integer
{%- endmacro -%}
