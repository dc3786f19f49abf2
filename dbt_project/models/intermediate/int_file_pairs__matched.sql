-- The one coin that a row of a file lists, by evidence: the best of those that some listing of speaks for, and none
-- against. Where two are equally good there is no telling, and no match; neither is what people call different.
{{ config(materialized='view') }}
with

judged as (
    select * from {{ ref('int_file_pairs__judged') }}
),

grouped as (
    select * from {{ ref('int_listings__grouped') }}
),

decided as (
    select
        decisions.source,
        decisions.source_coin_id,
        grouped.match_key
    from {{ ref('int_listing_pairs__decided') }} as decisions
    inner join grouped
        on decisions.other_source = grouped.source and decisions.other_source_coin_id = grouped.source_coin_id
    where decisions.decision = 'different'
),

coins as (
    select
        judged.*,
        grouped.match_key,
        bool_or(judged.has_conflicting_price) over coin as is_contradicted,
        row_number() over (
            coin order by
                (judged.method is not null) desc,
                judged.score desc,
                judged.other_source asc,
                judged.other_source_coin_id asc
        ) as place
    from judged
    inner join grouped
        on judged.other_source = grouped.source and judged.other_source_coin_id = grouped.source_coin_id
    where
        not exists (
            select from decided
            where
                (decided.source, decided.source_coin_id) = (judged.source, judged.source_coin_id)
                and decided.match_key = grouped.match_key
        )
    window coin as (partition by judged.source, judged.source_coin_id, grouped.match_key)
),

ranked as (
    select
        *,
        row_number() over (partition by source, source_coin_id order by score desc, match_key asc) as choice,
        count(*) over (partition by source, source_coin_id, score) as ties
    from coins
    where method is not null and place = 1 and not is_contradicted
),

matched as (
    select
        source,
        source_coin_id,
        match_key,
        method,
        confidence,
        evidence
    from ranked
    where choice = 1 and ties = 1
)

select * from matched
