{#- Forget the counts of loads that were published long ago: the last fifty tell what is expected. -#}
{%- macro forget_old_fields(provider) -%}
delete from {{ this }} as counted
where
    exists (
        select from ops.published_loads
        where schema_name = 'raw_{{ provider }}' and load_id = counted.load_id
    )
    and load_id < (
        select load_id from ops.published_loads
        where schema_name = 'raw_{{ provider }}'
        order by load_id desc
        offset 50 limit 1
    )
{%- endmacro -%}
