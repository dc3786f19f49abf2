{#-
    After a publication: what has changed by more than a tenth is looked at anew, so that queries are planned by what is
    there. Postgres does it by itself a minute later, and until then takes a table that was just filled for an empty one.
-#}
{%- macro analyze_published_tables() -%}
    {%- if execute and flags.WHICH == "build" and target.name == "candidate" -%}
        {%- do run_query("select pg_stat_force_next_flush()") -%}
        {%- set changed = run_query("""
            select relname from pg_stat_user_tables
            where schemaname = 'marts' and n_mod_since_analyze > 50 + n_live_tup / 10
            order by relname
        """) -%}
        {%- for mart in changed.columns[0].values() %}
analyze marts.{{ mart }};
        {%- endfor -%}
    {%- endif -%}
{%- endmacro -%}
