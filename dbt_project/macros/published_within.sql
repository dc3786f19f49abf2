{#-
    The rows of a published relation that lie in touched buckets (`touched`: canonical_id, bucket_at): of the bucket's
    coin, `moment` within `span` of its start. Each bucket is looked up by the index on coin and moment, however large the
    relation is: `offset 0` keeps the planner from reading all of it.
-#}
{%- macro published_within(relation, moment, span) -%}
    select published.*
    from touched
    cross join lateral (
        select kept.*
        from {{ relation }} as kept
        where
            kept.canonical_id = touched.canonical_id
            and kept.{{ moment }} >= touched.bucket_at
            and kept.{{ moment }} < touched.bucket_at + interval '{{ span }}'
        offset 0
    ) as published
{%- endmacro -%}
