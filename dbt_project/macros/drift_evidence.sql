{#- What was seen, in words, of a row of `judged` beside its rename in `renamed`. -#}
{%- macro drift_evidence() -%}
case
    when judged.field = '*rejected' and renamed.sent_as is not null
        then format(
            '%s records had no usable key, %s had one; %s came instead, and names a record that we know in %s of them',
            judged.value_count, judged.record_count, renamed.sent_as,
            round(renamed.value_agreement * renamed.compared_count)
        )
    when renamed.sent_as is not null
        then format(
            '%s is gone from all %s rows; %s came instead, and agrees with the last values of %s of %s records',
            judged.field, judged.row_count, renamed.sent_as,
            round(renamed.value_agreement * renamed.compared_count), renamed.compared_count
        )
    when judged.field = '*rejected'
        then format('%s records had no usable key, %s had one', judged.value_count, judged.record_count)
    when judged.kind = 'row_count'
        then format(
            '%s records came where %s were expected', judged.value_count, least(judged.last_count, judged.row_count)
        )
    when judged.kind = 'added'
        then format('%s of %s rows have the new field', judged.value_count, judged.row_count)
    when judged.kind = 'retyped'
        then format(
            '%s of %s rows have a value that is not of the type known so far', judged.untyped_count, judged.row_count
        )
    else format(
        '%s of %s rows have a value, where %s %% had one', judged.value_count, judged.row_count,
        round(judged.filled_share * 100, 1)
    )
end
{%- endmacro -%}
