{#-
    While the project is the one that the warehouse was built by, or dbt is run by hand and the columns are the same, a
    table stays the same table: its rows are replaced in one transaction, and the views on it stay. dbt's own way, to make
    another table and rename both, costs a pass more of dbt's time than most models take Postgres, and drops the views,
    which then have to be made anew, too.
-#}
{%- materialization table, adapter="postgres" -%}
    {%- if not (refilling() or has_columns_of(sql)) -%} {{ return(materialization_table_default()) }} {%- endif -%}
    {%- set columns = model.columns.keys() | join(", ") if config.get("contract").enforced -%}
    {{ run_hooks(pre_hooks) }}
    {%- call statement("main") -%}
{{ "delete from" if this.schema == "ops" else "truncate" }} {{ this }}; -- who reads ops sees the old rows or the new ones
insert into {{ this }} {{ "(" ~ columns ~ ")" if columns }}
select {{ columns or "*" }} from (
{{ sql }}
) as built
    {%- endcall -%}
    {{ run_hooks(post_hooks) }}
    {%- do adapter.commit() -%}
    {{ return({"relations": [this.incorporate(type="table")]}) }}
{%- endmaterialization -%}

{#- Whether this run only refills the tables of a warehouse that the same project has built as a whole: flows/builds.py. -#}
{%- macro refilling() -%} {{ return(env_var("KASPARRO_SCOPE", "") == "refill") }} {%- endmacro -%}

{#-
    At both ends of a run that does more: the warehouse is whole again only when a pass says so, and a pass that finds
    another mark than it knows does not. The mark first: `flows/builds.py` notes what is whole under its lock.
-#}
{%- macro forget_last_build() -%}
    {%- if execute and flags.WHICH in ("build", "run", "seed") and target.name == "candidate" and not refilling() %}
insert into ops.build_marks (model, invocation_id) values ('*', '{{ env_var("KASPARRO_RUN_ID", "") or invocation_id }}')
on conflict (model) do update set invocation_id = excluded.invocation_id;
delete from ops.last_build;
    {%- endif -%}
{%- endmacro -%}
