{#-
    Before a run: it has the write lock, which a pass takes itself and `make dbt` takes for it, or it writes into the
    schema of analysts only. Else two runs would drop each other's tables and views. An empty text that does nothing.
-#}
{%- macro require_write_lock() -%}
    {%- if not execute or flags.WHICH not in ("build", "run", "test", "seed", "snapshot") -%} {{ return("") }} {%- endif -%}
    {%- if flags.EMPTY or flags.SAMPLE -%} {#- dbt names what it limits, and so do our models: two names are an error -#}
        {{ exceptions.raise_compiler_error(
            "--empty and --sample can't build this project: dbt compile checks its Jinja, dbt run its SQL"
        ) }}
    {%- endif -%}
    {%- if target.name != "candidate" -%}
        {%- for node in graph.nodes.values()
            if node.unique_id in selected_resources and node.resource_type in ("model", "seed", "snapshot")
            and not (target.name == "analyst" and node.schema == "analysts") -%}
            {{ exceptions.raise_compiler_error(
                node.name ~ " is not yours to build with target " ~ target.name ~ ": leave --target out, or select your own"
                ~ " models (dbt build --target analyst)"
            ) }}
        {%- endfor -%}
    {%- elif not env_var("KASPARRO_TURN", "") -%}
        {{ exceptions.raise_compiler_error(
            "dbt has no write lock, so a pass could build the same tables at once: run `make dbt ARGS=\"" ~ flags.WHICH
            ~ "\"`, or `dbt " ~ flags.WHICH ~ "` in a shell that has sourced .kasparro/env"
        ) }}
    {%- endif -%}
{%- endmacro -%}
