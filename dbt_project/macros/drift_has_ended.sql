{#-
    Whether a row of `events` is over: its own load, which still waits, no longer shows it, since a mapping was approved;
    or a later load says enough of the field, and does not show it.
-#}
{%- macro drift_has_ended() -%}
events.kind <> 'added'
        and (
            (
                not events.is_shown
                and exists (
                    select from waiting
                    where waiting.schema_name = 'raw_' || events.source and waiting.load_id = events.load_id
                )
            )
            or exists (
                select from received
                where
                    received.source = events.source
                    and received.table_name = events.table_name
                    and received.load_id > events.load_id
                    and received.field = case when events.kind = 'row_count' then '*' else events.field end
                    and (events.kind = 'row_count' or received.row_count >= 0.2 * events.row_count)
            )
        )
{%- endmacro -%}
