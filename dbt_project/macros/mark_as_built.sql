{#- Note that this run built the table, in the transaction that builds it: `publish` refuses what another run has touched. -#}
{%- macro mark_as_built() -%}
    {%- if model.config.materialized != "view" -%}
insert into ops.build_marks (model, invocation_id) values ('{{ this.name }}', '{{ invocation_id }}')
on conflict (model) do update set invocation_id = excluded.invocation_id
    {%- endif -%}
{%- endmacro -%}
