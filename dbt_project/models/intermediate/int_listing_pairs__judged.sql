-- Which pairs may be one coin, by the strongest evidence that holds, and how strong all of it is together; no method
-- where nothing suffices. The rules are in the macros `link_method` and following, which files are judged by, too.
with

compared as (
    select * from {{ ref('int_listing_pairs__compared') }}
),

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

select * from scored
