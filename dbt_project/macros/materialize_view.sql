{#-
    A view that people make anew by hand stays the same view where its columns allow it, so that what stands on it stays,
    too: dbt's own way drops all that, and readers of `ops` would miss it until the next pass.
-#}
{%- materialization view, adapter="postgres" -%}
    {%- set old = load_cached_relation(this) -%}
    {%- if not keeps_relations() or not old or not old.is_view -%} {{ return(materialization_view_default()) }} {%- endif -%}
    {%- if config.get("contract").enforced -%} {%- do get_assert_columns_equivalent(sql) -%} {%- endif -%}
    {{ run_hooks(pre_hooks) }}
    {%- call statement("main") -%}
do $keep$
begin
    create or replace view {{ this }} as (
{{ sql }}
    );
exception when invalid_table_definition then
    drop view {{ this }} cascade;
    create view {{ this }} as (
{{ sql }}
    );
end
$keep$
    {%- endcall -%}
    {{ run_hooks(post_hooks) }}
    {%- do persist_docs(old, model) -%}
    {%- do adapter.commit() -%}
    {{ return({"relations": [old]}) }}
{%- endmaterialization -%}

{#-
    Whether this run leaves tables and views the same ones where their columns are: dbt by hand, which may build a part. A
    pass makes every one anew after an upgrade, and so does `dbt build --full-refresh`.
-#}
{%- macro keeps_relations() -%}
    {{ return(env_var("KASPARRO_SCOPE", "") in ("", "part") and not flags.FULL_REFRESH) }}
{%- endmacro -%}

{#- Whether the table that is there has the columns of the query, as its contract names them or in the same order. -#}
{%- macro has_columns_of(sql) -%}
    {%- set old = load_cached_relation(this) -%}
    {%- if not keeps_relations() or not old or not old.is_table -%} {{ return(false) }} {%- endif -%}
    {%- set place = "" if config.get("contract").enforced else ", attnum" -%}
    {%- set columns = "select attname, atttypid" ~ place ~ " from pg_attribute where attnum > 0 and not attisdropped" -%}
    {%- do run_query("create temporary view columns_of_query as " ~ sql) -%}
    {%- set there = columns ~ " and attrelid = '" ~ this ~ "'::regclass" -%}
    {%- set wanted = columns ~ " and attrelid = 'columns_of_query'::regclass" -%}
    {%- set differing = run_query(
        "(" ~ there ~ " except " ~ wanted ~ ") union all (" ~ wanted ~ " except " ~ there ~ ")"
    ) -%}
    {%- do run_query("drop view columns_of_query") -%}
    {{ return(differing.rows | length == 0) }}
{%- endmacro -%}

{#- A seed whose columns are the same stays the same table; called by dbt. -#}
{%- macro postgres__reset_csv_table(model, full_refresh, old_relation, agate_table) -%}
    {%- set there = adapter.get_columns_in_relation(old_relation) | map(attribute="name") | list -%}
    {%- set is_the_same = keeps_relations() and there == agate_table.column_names | list -%}
    {{ return(default__reset_csv_table(model, full_refresh and not is_the_same, old_relation, agate_table)) }}
{%- endmacro -%}
