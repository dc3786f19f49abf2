{#- Whether a column of a contract is NOT NULL. -#}
{%- macro is_required(column) -%}
    {{ return(column.constraints | selectattr("type", "equalto", "not_null") | list | length > 0) }}
{%- endmacro -%}

{#- What the rows that are there get when the column is added to a record; empty text for none. -#}
{%- macro default_of(column) -%}
    {%- set default = column.config.meta.get("default") -%}
    {{ return(" default " ~ default if default is not none else "") }}
{%- endmacro -%}

{#- The checks of a mart's contract: name in Postgres → expression. Equal names mean equal expressions. -#}
{%- macro checks_of(node) -%}
    {%- set checks = {} -%}
    {%- for column in node.columns.values() -%}
        {%- for constraint in column.constraints if constraint.type == "check" -%}
            {%- do checks.update({check_name(node.name, column.name, constraint.expression): constraint.expression}) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(checks) }}
{%- endmacro -%}

{#- The name of a column's check; Postgres keeps 63 characters. -#}
{%- macro check_name(table, column, expression) -%}
    {{ return((table ~ "_" ~ column)[:48] ~ "_" ~ local_md5(expression)[:8] ~ "_check") }}
{%- endmacro -%}

{#- The permanent tables as Postgres has them: name → comment, columns, checks (name → whether proved), indexes. -#}
{%- macro published_catalog() -%}
    {%- set found = run_query("""
        select coalesce(jsonb_object_agg(relname, jsonb_build_object(
            'comment', obj_description(oid, 'pg_class'),
            'columns', (
                select jsonb_object_agg(attname, jsonb_build_object(
                    'is_required', attnotnull, 'comment', col_description(attrelid, attnum)
                ))
                from pg_attribute where attrelid = pg_class.oid and attnum > 0 and not attisdropped
            ),
            'checks', (
                select coalesce(jsonb_object_agg(conname, convalidated), '{}')
                from pg_constraint where conrelid = pg_class.oid and contype = 'c'
            ),
            'indexes', (
                select coalesce(jsonb_agg(index.relname), '[]')
                from pg_index join pg_class as index on index.oid = indexrelid where indrelid = pg_class.oid
            )
        )), '{}')::text
        from pg_class
        where relnamespace = 'marts'::regnamespace and relkind in ('r', 'p')
    """) -%}
    {{ return(fromjson(found.columns[0].values()[0])) }}
{%- endmacro -%}
