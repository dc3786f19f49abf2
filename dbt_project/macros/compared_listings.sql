{#-
    What speaks for and against two listings being one coin, as columns. Both have the keys of `int_listings__keyed`, the
    quote and `status` of `int_listings__current`, and how many listings of their source have the symbol
    (`symbol_holders`), and symbol and name (`name_holders`). Prices are compared when they are of one time.
-#}
{%- macro compared_listings(one, other) -%}
        {{ one }}.symbol_key = {{ other }}.symbol_key and {{ one }}.symbol_key <> '' as has_same_symbol,
        coalesce({{ one }}.name_key = {{ other }}.name_key, false) as has_same_name,
        coalesce({{ one }}.core_name_key = {{ other }}.core_name_key, false) as has_same_core_name,
        coalesce({{ one }}.id_key = {{ other }}.id_key, false) as has_same_id,
        coalesce({{ one }}.id_key = {{ other }}.id_key, false)
        or coalesce({{ one }}.id_key = {{ other }}.name_key and length({{ one }}.id_key) >= {{ var('shortest_name') }}, false)
        or coalesce({{ one }}.name_key = {{ other }}.id_key and length({{ one }}.name_key) >= {{ var('shortest_name') }}, false)
            as has_same_id_name,
        {{ one }}.is_wrapped = {{ other }}.is_wrapped as has_same_wrapping,
        {{ one }}.other_coin_words <> {{ other }}.other_coin_words as has_other_coin_word,
        greatest({{ one }}.symbol_holders, {{ other }}.symbol_holders) = 1 as is_only_holder,
        greatest({{ one }}.name_holders, {{ other }}.name_holders) > 1 as has_namesakes,
        greatest({{ one }}.name_holders, {{ other }}.name_holders) = 1
        and ({{ one }}.name_key = {{ one }}.core_name_key or {{ other }}.name_key = {{ other }}.core_name_key)
            as is_only_namesake,
        coalesce({{ one }}.name_key = {{ one }}.symbol_key or {{ other }}.name_key = {{ other }}.symbol_key, false)
            as is_named_by_symbol,
        {{ one }}.status = 'active' and {{ other }}.status = 'active' as is_active_in_both,
        {{ best_similarity(one, other) }} as name_similarity,
        abs({{ log_price(one ~ '.price_usd') }}) <= {{ var('pegged_log_ratio') }} as is_pegged,
        case
            when
                {{ one }}.observed_at
                between {{ other }}.observed_at - make_interval(hours => {{ var('consensus_window_hours') }})
                and {{ other }}.observed_at + make_interval(hours => {{ var('consensus_window_hours') }})
                then {{ log_ratio(one ~ '.price_usd', other ~ '.price_usd') }}
        end as price_log_ratio,
        {{ log_ratio(one ~ '.market_cap_usd', other ~ '.market_cap_usd') }} as market_cap_log_ratio,
        least(
            {{ log_ratio(one ~ '.circulating_supply', other ~ '.circulating_supply') }},
            {{ log_ratio(one ~ '.total_supply', other ~ '.total_supply') }},
            {{ log_ratio(one ~ '.max_supply', other ~ '.max_supply') }}
        ) as supply_log_ratio
{%- endmacro -%}
