{#-
    CTEs from `compared` (columns of `compared_listings`, what people decided, and whether contracts are the same or
    differ) to `scored`: by which method a pair is linked, how sure that is, how it ranks among others, and why.
-#}
{%- macro judged_pairs() -%}
agreeing as (
    select
        *,
        {{ link_agreements() }}
    from compared
),

weighed as (
    select
        *,
        has_agreeing_price or has_agreeing_market_cap or has_agreeing_supply as has_agreeing_quote
    from agreeing
),

judged as (
    select
        *,
        {{ link_method() }} as method
    from weighed
),

scored as (
    select
        *,
        {{ link_confidence() }} as confidence,
        {{ link_score() }} as score,
        {{ link_evidence() }} as evidence
    from judged
)
{%- endmacro -%}
