{#- The version that this run publishes, if it does: `publish` refuses what was built beside another publication. -#}
{%- macro next_version() -%}
    (select coalesce(max(version), 0) + 1 from {{ ref('stg_ledger__publications') }})
{%- endmacro -%}
