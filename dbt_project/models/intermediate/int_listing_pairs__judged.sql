-- Which pairs may be one coin, by the strongest evidence that holds, and how strong all of it is together; no method
-- where nothing suffices. Without a decision of people, a symbol alone is never enough, and prices far apart at one
-- time forbid all but a contract. The evidence has no figures that change with every quote.
with

compared as (
    select * from {{ ref('int_listing_pairs__compared') }}
),

weighed as (
    select
        *,
        coalesce(price_log_ratio <= {{ var('agreeing_log_ratio') }}, false) as has_agreeing_price,
        coalesce(price_log_ratio > {{ var('conflicting_log_ratio') }}, false) as has_conflicting_price,
        coalesce(market_cap_log_ratio <= {{ var('agreeing_log_ratio') }}, false) as has_agreeing_market_cap,
        coalesce(supply_log_ratio <= {{ var('agreeing_supply_log_ratio') }}, false) as has_agreeing_supply
    from compared
),

judged as (
    select
        *,
        has_agreeing_price or has_agreeing_market_cap or has_agreeing_supply as has_agreeing_quote,
        case
            when decision = 'different' then null
            when decision = 'same' then 'override'
            when
                has_same_contract
                and (has_same_symbol or name_similarity >= {{ var('similar_name_of_contract') }})
                and not (has_conflicting_price and name_similarity < {{ var('similar_name') }})
                then 'contract'
            when not has_same_symbol or has_conflicting_price then null
            when has_same_name then 'symbol_and_name'
            when has_same_id_name then 'symbol_and_id'
            when
                has_same_core_name
                and (
                    is_only_holder or is_only_namesake
                    or has_agreeing_price or has_agreeing_market_cap or has_agreeing_supply
                )
                then 'symbol_and_name'
            when not has_same_wrapping or has_other_contract then null -- what follows is too weak against a contract
            when
                name_similarity >= {{ var('similar_name') }}
                and (has_agreeing_price or has_agreeing_market_cap or has_agreeing_supply)
                then 'similar_name_and_quote'
            when is_only_holder and name_similarity >= {{ var('similar_name_of_unique_symbol') }} then 'similar_name'
            when is_only_holder and has_agreeing_price and (has_agreeing_market_cap or has_agreeing_supply) then 'quote'
            when
                is_only_holder
                and has_agreeing_market_cap
                and name_similarity >= {{ var('similar_name_of_contract') }}
                then 'quote'
        end as method
    from weighed
),

scored as (
    select
        *,
        case method
            when 'override' then 1.00 when 'contract' then 0.99 when 'symbol_and_name' then 0.97
            when 'symbol_and_id' then 0.95 when 'similar_name_and_quote' then 0.90 when 'similar_name' then 0.80
            when 'quote' then 0.75
        end
        - 0.2 * coalesce(method = 'contract' and not has_same_wrapping, false)::integer
        - 0.1 * coalesce(method = 'contract' and has_conflicting_price, false)::integer
        - 0.15 * coalesce(method like 'symbol%' and has_other_contract and not has_agreeing_quote, false)::integer
            as confidence,
        case method
            when 'override' then 1000 when 'contract' then 100 when 'symbol_and_name' then 60
            when 'symbol_and_id' then 50 when 'similar_name_and_quote' then 40 when 'similar_name' then 30 else 20
        end
        + 10 * has_same_name::integer + 8 * has_same_id_name::integer + 5 * name_similarity
        + 3 * has_agreeing_price::integer + 2 * has_agreeing_market_cap::integer + 2 * has_agreeing_supply::integer
        - 20 * has_conflicting_price::integer - 60 * (not has_same_wrapping)::integer as score,
        concat_ws(
            ', ',
            case decision when 'same' then 'decided by people' when 'different' then 'refused by people' end,
            case when has_same_contract then 'same contract' when has_other_contract then 'contracts differ' end,
            case when has_same_symbol then 'same symbol' end,
            case
                when has_same_name then 'same name'
                when has_same_id_name then 'the same name in the ids'
                else 'names or ids alike to ' || round(name_similarity::numeric, 2)
            end,
            case when has_same_symbol and is_only_holder then 'nobody else has the symbol' end,
            case when not has_same_wrapping then 'one of them stands for another coin' end,
            case when has_agreeing_price then 'prices agree' when has_conflicting_price then 'prices far apart' end,
            case when has_agreeing_market_cap then 'market caps agree' end,
            case when has_agreeing_supply then 'supplies agree' end
        ) as evidence
    from judged
)

select * from scored
