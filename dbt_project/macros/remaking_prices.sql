{#-
    Whether this run makes all hours and days anew from the records: in a rebuild, and when they are not known to have been
    made as this project makes them: their tables are new, an upgrade makes them in another way, an old backup was restored.
-#}
{%- macro remaking_prices() -%}
    {%- if not execute -%} false
    {%- elif rebuilding() == "true" -%} true
    {%- else -%}
        {%- set made = run_query("select digest from ops.derivations where name = 'prices'").columns[0].values() -%}
        {{ "false" if made | list == [way_of_prices()] else "true" }}
    {%- endif -%}
{%- endmacro -%}

{#- How hours and days are made of the records, as a digest. -#}
{%- macro way_of_prices() -%}
    {%- set parts = [exact_median("price"), published_within("prices", "moment", "span"), buckets_of("spans")] -%}
    {%- for name in [
        "int_price_hours__quoted", "int_price_days__quoted", "int_prices__touched", "coin_prices_hourly", "coin_prices_daily",
    ] -%}
        {%- for node in graph.nodes.values() if node.name == name and node.resource_type == "model" -%}
            {%- do parts.append(node.raw_code) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(local_md5(parts | join)) }}
{%- endmacro -%}
