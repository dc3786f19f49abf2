{#- All evidence of a link together: of several that a listing may have, the highest one wins. -#}
{%- macro link_score() -%}
        coalesce({{ by_method('link_score') }}, 0)
        + {{ var('points_of_name') }} * has_same_name::integer
        + {{ var('points_of_id') }} * has_same_id::integer
        + {{ var('points_of_id_that_spells_name') }} * has_same_id_name::integer
        + {{ var('points_of_similarity') }} * name_similarity
        + {{ var('points_of_being_active') }} * is_active_in_both::integer
        + {{ var('points_of_price') }} * has_agreeing_price::integer
        + {{ var('points_of_market_cap') }} * has_agreeing_market_cap::integer
        + {{ var('points_of_supply') }} * has_agreeing_supply::integer
        + {{ var('points_of_other_price') }} * has_conflicting_price::integer
        + {{ var('points_of_other_wrapping') }} * (not has_same_wrapping)::integer
{%- endmacro -%}
