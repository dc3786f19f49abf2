{{
    config(
        materialized="incremental",
        unique_key=["load_id", "table_name", "field"],
        post_hook="{{ forget_old_fields('coingecko') }}",
    )
}}
{{ fields_of("coingecko") }}
