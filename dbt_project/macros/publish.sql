{#-
    After a run: publish the candidate marts, if the run built and audited all of them, and all they are made of, without
    a failure, and no other run has touched them since.

    One transaction over all marts applies only the differences to the permanent tables, so readers see one version or
    the next, never a mixture, and views and grants on a mart stay. It records the version and the raw loads it holds,
    and ends in a NOTIFY.
-#}
{%- macro publish(results) -%}
    {%- if not (execute and flags.WHICH == "build" and target.name == "candidate") -%} {{ return("") }} {%- endif -%}
    {%- set built = [] -%}
    {%- for result in results -%}
        {%- if result.status not in ("success", "pass", "warn", "no-op") -%} {{ return("") }} {%- endif -%}
        {%- do built.append(result.node.unique_id) -%}
    {%- endfor -%}
    {%- set tables = [] -%}
    {%- for node in graph.nodes.values() -%}
        {%- if node.config.materialized == "table" or node.resource_type == "test" -%}
            {%- if node.unique_id not in built -%}
                {%- set reason = "not published: " ~ node.name ~ " is not part of this run" -%}
                {%- if env_var("KASPARRO_SCOPE", "part") != "part" -%}
                    {{ exceptions.raise_compiler_error(reason) }}
                {%- endif -%}
                {{ return("select 1 /* " ~ reason ~ " */") }}
            {%- endif -%}
            {%- if node.resource_type == "model" -%} {%- do tables.append(node.name) -%} {%- endif -%}
        {%- endif -%}
    {%- endfor -%}
begin;
set local lock_timeout = '60s';
lock table ops.publications in exclusive mode;
do $check$
begin
    if (
        select count(*) from ops.build_marks
        where invocation_id = '{{ invocation_id }}' and model in ('{{ tables | join("', '") }}')
    ) <> {{ tables | length }} then
        raise exception 'another run of dbt built some of these tables meanwhile: nothing is published, run it again';
    end if;
    {%- if env_var("KASPARRO_TURN", "") %}
    if pg_try_advisory_xact_lock({{ env_var("KASPARRO_TURN") | int }}) then -- the pass holds it as long as it has its turn
        raise exception 'the pass has lost its turn: the warehouse cut the connection that keeps two passes apart';
    end if;
    {%- endif %}
end
$check$;
create temporary table publication_changes (mart text, inserted bigint, updated bigint, deleted bigint) on commit drop;
create temporary table publication on commit drop as
select coalesce(max(version), 0) + 1 as version, clock_timestamp() as published_at from ops.publications;
    {%- for node in mart_nodes() %}
{{ publish_mart(node) }}
        {%- if loop.index == 2 and env_var("KASPARRO_FAILURE_LOCK", "") %}
select pg_advisory_xact_lock({{ env_var("KASPARRO_FAILURE_LOCK") | int }}); -- a failure is injected here
        {%- endif %}
    {%- endfor %}
with next_version as (
    insert into ops.publications (version, published_at, run_id, changes)
    select
        (select version from publication),
        (select published_at from publication),
        nullif('{{ env_var("KASPARRO_RUN_ID", "") }}', '')::uuid,
        jsonb_object_agg(mart, jsonb_build_object('inserted', inserted, 'updated', updated, 'deleted', deleted))
    from publication_changes
    having
        sum(inserted + updated + deleted) > 0
        or not exists (select from ops.publications)
    returning version
),

recorded_loads as (
    insert into ops.published_loads (schema_name, load_id, version)
    select
        schema_name,
        load_id,
        coalesce((select version from next_version), (select max(version) from ops.publications))
    from {{ target.schema }}.int_loads__unpublished
    on conflict do nothing
)

select pg_notify('kasparro_publication', version::text) from next_version;
insert into ops.derivations (name, marts, digest)
values ('prices', array['coin_prices_hourly', 'coin_prices_daily'], '{{ way_of_prices() }}')
on conflict (name) do update set digest = excluded.digest, marts = excluded.marts, made_at = excluded.made_at
where derivations.digest <> excluded.digest;
commit;
{%- endmacro -%}
