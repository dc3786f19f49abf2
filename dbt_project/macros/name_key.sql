{#-
    Text for comparison: in lower case, without blanks, punctuation, and what stands for characters that could not land.
    Only ASCII is taken out, so that a name in another script stays a name in every locale; null when nothing remains.
    A pattern takes a quarter of the time of `translate`, and ASCII, which has as many bytes as characters, is normal;
    of a part of a text, the whole text is asked.
-#}
{%- macro comparison_key(text, part_of=none) -%}
    {%- set whole = part_of or text -%}
    {%- set plain -%}
        case when octet_length({{ whole }}) = char_length({{ whole }}) then {{ text }} else normalize({{ text }}, nfkc) end
    {%- endset -%}
    nullif(regexp_replace(replace(lower({{ plain }}), '\x00', ''), '[ -/:-@\[-`{-~\t\n\r]+', '', 'g'), '')
{%- endmacro -%}

{#-
    A coin's name for comparison, without the words and remarks that providers add or leave out (`0x` and `0x Protocol`,
    `Loom` and `Loom (NEW)`); the whole name where nothing else remains (`Coin`).
-#}
{%- macro core_name_key(name) -%}
    {%- set words = "\\y(" ~ var("generic_name_words") | join("|") ~ ")\\y" -%}
    {%- set remarks = "[(\\[](" ~ var("name_remarks") | join("|") ~ ")\\y[^)\\]]*[)\\]]" -%}
    coalesce(
        {{ comparison_key("regexp_replace(" ~ name ~ ", '" ~ words ~ "|" ~ remarks ~ "', '', 'gi')", name) }},
        {{ comparison_key(name) }}
    )
{%- endmacro -%}

{#- The name of the coin that a wrapped or bridged one stands for: without the words that say so and what is in brackets. -#}
{%- macro base_name_key(name) -%}
    {{ comparison_key(
        "regexp_replace(" ~ name ~ ", '\\y(" ~ var("wrapper_name_words") | join("|")
        ~ "|binance|heco|polygon|pos|token|on|by)\\y|\\(.*\\)', '', 'gi')", name
    ) }}
{%- endmacro -%}

{#- Whether a name says that the coin stands for another one; bridges to Avalanche write `.e` behind it. -#}
{%- macro is_wrapped_name(name) -%}
    {{ name }}
    ~* '\y({{ var("wrapper_name_words") | join("|") }})\y|[(\[]({{ var("bridge_names") | join("|") }})[)\]]$|\w\.e$'
{%- endmacro -%}

{#- The words of a name that make it another coin's than the rest of it is, in order; empty when there is none. -#}
{%- macro other_coin_words(name) -%}
    array_to_string(array(
        select lower(found.words[1])
        from regexp_matches({{ name }}, '\y({{ var("other_coin_words") | join("|") }})\y', 'gi')
            with ordinality as found (words, place)
        order by found.place
    ), ' ')
{%- endmacro -%}
