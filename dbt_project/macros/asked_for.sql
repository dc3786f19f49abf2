{#-
    What a backfill asked for: the rows of `relation` in loads that no version holds (`unpublished`), and those of listings
    that are new (`newcomers`), looked up by the index on the coin, however much was ever asked for.
-#}
{%- macro asked_for(relation) -%}
    select * from {{ relation }}
    where (source, load_id) in (select replace(schema_name, 'raw_', ''), load_id from unpublished)
    union all
    select asked_for.*
    from newcomers
    cross join lateral (
        select past.*
        from {{ relation }} as past
        where past.source_coin_id = newcomers.source_coin_id and past.source = newcomers.source
        offset 0
    ) as asked_for
{%- endmacro -%}
