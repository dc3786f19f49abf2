{#- After the seed of decisions is loaded: a row that would be without effect, or say two things, stops the run and is named. -#}
{%- macro refuse_unclear_decisions() -%}
do $check$
declare
    refused text;
begin
    with decisions as (
        select
            *,
            count(*) over (
                partition by
                    least(source || '/' || source_coin_id, other_source || '/' || other_source_coin_id),
                    greatest(source || '/' || source_coin_id, other_source || '/' || other_source_coin_id)
            ) as times_decided
        from {{ this }}
    ),

    judged as (
        select
            concat(source, ',', source_coin_id, ',', decision, ',', other_source, ',', other_source_coin_id) as decision_row,
            case
                when num_nulls(source, source_coin_id, decision, other_source, other_source_coin_id) > 0
                    then 'a field is empty, or says null'
                when decision not in ('same', 'different') then format('%L is neither same nor different', decision)
                when source !~ '^(coingecko|coinpaprika|csv:.+)$' then format('there is no source %L', source)
                when other_source !~ '^(coingecko|coinpaprika|csv:.+)$' then format('there is no source %L', other_source)
                when (source, source_coin_id) = (other_source, other_source_coin_id) then 'both are one listing'
                when times_decided > 1 then 'these two are decided more than once'
                when reason is null then 'the reason is missing'
            end as objection
        from decisions
    )

    select string_agg(format('%s (%s)', decision_row, objection), '; ' order by decision_row) into refused
    from judged
    where objection is not null;

    if refused is not null then
        raise exception 'decisions that are not clear: %', refused;
    end if;
end
$check$
{%- endmacro -%}
