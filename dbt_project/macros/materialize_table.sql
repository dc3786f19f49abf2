{#-
    While the project is the one that the warehouse was built by, a table stays the same table: its rows are replaced in
    one transaction, and the views on it stay. dbt's own way, to make another table and rename both, costs a pass more of
    dbt's time than most models take Postgres, and drops the views, which then have to be made anew, too.
-#}
{%- materialization table, adapter="postgres" -%}
    {%- if not refilling() -%} {{ return(materialization_table_default()) }} {%- endif -%}
    {%- set columns = model.columns.keys() | join(", ") if config.get("contract").enforced -%}
    {{ run_hooks(pre_hooks) }}
    {%- call statement("main") -%}
truncate {{ this }};
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

{#- Before a run that does more: the warehouse is whole again only when a pass says so. -#}
{%- macro forget_last_build() -%}
    {%- if execute and flags.WHICH in ("build", "run", "seed") and not refilling() -%} delete from ops.last_build {%- endif -%}
{%- endmacro -%}
