{#-
    The CAIP-19 id of a token: `chain_id/asset_namespace:asset_reference`. A reference has letters, digits, `-`, `.` and
    `%`, 128 at most: what else addresses are written with is percent-encoded. Null where that does not suffice.
    https://chainagnostic.org/CAIPs/caip-19
-#}
{%- macro caip19_id(chain_id, asset_namespace, address) -%}
    {%- set encoded = namespace(address=address) -%}
    {%- for plain, code in [("%", "%25"), ("_", "%5F"), (":", "%3A"), ("/", "%2F"), ("+", "%2B"), ("=", "%3D")] -%}
        {%- set encoded.address = "replace(" ~ encoded.address ~ ", '" ~ plain ~ "', '" ~ code ~ "')" -%}
    {%- endfor -%}
    {{ chain_id }} || '/' || {{ asset_namespace }} || ':'
    || substring({{ encoded.address }} from '^[-.%A-Za-z0-9]{1,128}$')
{%- endmacro -%}
