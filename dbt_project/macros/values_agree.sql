{#-
    Whether two values, as text, may be of one field at two moments: numbers within a tenth, times within three days,
    anything else equal without regard to case.
-#}
{%- macro values_agree(one, other) -%}
    {%- set number = "'^-?\\d{1,40}(\\.\\d+)?([eE][+-]?\\d{1,2})?$'" -%}
    {%- set moment = "'^\\d{4}-\\d\\d-\\d\\d[T ]\\d\\d:\\d\\d'" -%}
case
    when {{ one }} ~ {{ number }} and {{ other }} ~ {{ number }}
        then abs({{ one }}::numeric - {{ other }}::numeric)
            <= 0.1 * greatest(abs({{ one }}::numeric), abs({{ other }}::numeric))
    when {{ one }} ~ {{ moment }} and {{ other }} ~ {{ moment }}
        then {{ one }}::timestamptz between {{ other }}::timestamptz - interval '3 days'
            and {{ other }}::timestamptz + interval '3 days'
    else lower(btrim({{ one }})) = lower(btrim({{ other }}))
end
{%- endmacro -%}
