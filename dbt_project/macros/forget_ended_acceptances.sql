{#- A field that is as it was again ends what was accepted about it: the next time is a new question. -#}
{%- macro forget_ended_acceptances() -%}
delete from ops.drift_acceptances as accepted
where exists (
    select from {{ this }} as events
    where
        events.source = accepted.source
        and events.table_name = accepted.table_name
        and events.field = accepted.field
        and events.kind = accepted.kind
        and events.resolved_at > accepted.accepted_at
)
{%- endmacro -%}
