{#- The decisions of people, each read from either side. -#}
{%- macro decisions() -%}
    select
        source,
        source_coin_id,
        decision,
        other_source,
        other_source_coin_id
    from {{ ref('identity_overrides') }}
    union
    select
        other_source as source,
        other_source_coin_id as source_coin_id,
        decision,
        source as other_source,
        source_coin_id as other_source_coin_id
    from {{ ref('identity_overrides') }}
{%- endmacro -%}
