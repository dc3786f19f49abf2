{#-
    The strongest evidence that two listings are one coin; null where nothing suffices. Without a decision of people, a
    symbol alone is never enough, and prices far apart at one time forbid all but a contract.
-#}
{%- macro link_method() -%}
        case
            when decision = 'different' then null
            when decision = 'same' then 'override'
            when
                has_same_contract
                and (
                    has_same_symbol
                    or name_similarity >= {{ var('similar_name_of_contract') }}
                    or (has_agreeing_price and has_agreeing_supply) -- symbol and name are new at one provider
                )
                and not (has_conflicting_price and name_similarity < {{ var('similar_name') }})
                then 'contract'
            when has_conflicting_price then null
            when -- a symbol that one provider has changed and the other has not
                not has_same_symbol and has_same_name and has_same_id and has_agreeing_price and not has_other_contract
                then 'similar_name_and_quote'
            when not has_same_symbol then null
            when has_namesakes and has_other_contract and not has_agreeing_quote then null
            when has_same_name then 'symbol_and_name'
            when has_same_id_name then 'symbol_and_id'
            when has_same_core_name and (is_only_holder or is_only_namesake or has_agreeing_quote) then 'symbol_and_name'
            when not has_same_wrapping or has_other_coin_word or has_other_contract then null -- what follows is too weak
            when name_similarity >= {{ var('similar_name') }} and has_agreeing_quote then 'similar_name_and_quote'
            when is_only_holder and name_similarity >= {{ var('similar_name_of_unique_symbol') }} then 'similar_name'
            when
                is_only_holder
                and has_agreeing_price
                and (is_named_by_symbol or has_agreeing_market_cap or has_agreeing_supply)
                then 'quote'
            when
                is_only_holder
                and has_agreeing_market_cap
                and name_similarity >= {{ var('similar_name_of_contract') }}
                then 'quote'
            when has_agreeing_price and has_agreeing_market_cap and has_agreeing_supply then 'quote'
        end
{%- endmacro -%}
