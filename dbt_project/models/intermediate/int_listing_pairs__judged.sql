-- Which pairs may be one coin, by the strongest evidence that holds, and how strong all of it is together; no method
-- where nothing suffices. The rules are in the macros `link_method` and following, which files are judged by, too.
with

compared as (
    select * from {{ ref('int_listing_pairs__compared') }}
),

{{ judged_pairs() }}

select * from scored
