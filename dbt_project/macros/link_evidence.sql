{#- What speaks for and against a link, in words. No figures that change with every quote. -#}
{%- macro link_evidence() -%}
        concat_ws(
            ', ',
            case decision when 'same' then 'decided by people' when 'different' then 'refused by people' end,
            case when has_same_contract then 'same contract' when has_other_contract then 'contracts differ' end,
            case when has_same_symbol then 'same symbol' else 'symbols differ' end,
            case
                when has_same_name then 'same name'
                when has_same_id_name then 'the same name in the ids'
                else 'names or ids alike to ' || round(name_similarity::numeric, 2)
            end,
            case when has_same_symbol and is_only_holder then 'nobody else has the symbol' end,
            case when has_same_symbol and has_same_name and has_namesakes then 'others have symbol and name, too' end,
            case when not has_same_wrapping then 'one of them stands for another coin' end,
            case when has_other_coin_word then 'a word makes it another coin' end,
            case when has_agreeing_price then 'prices agree' when has_conflicting_price then 'prices far apart' end,
            case when has_agreeing_market_cap then 'market caps agree' end,
            case when has_agreeing_supply then 'supplies agree' end
        )
{%- endmacro -%}
