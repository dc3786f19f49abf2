{#- Note that this run built the model, in the transaction that builds it: `publish` refuses what another run has touched. -#}
{%- macro mark_as_built() -%}
insert into ops.build_marks (model, invocation_id) values ('{{ this.name }}', '{{ invocation_id }}')
on conflict (model) do update set invocation_id = excluded.invocation_id
{%- endmacro -%}
