{#-
    Text as a label: without blanks around it; null where nothing of it can be seen, such as blanks of any width, control
    characters, fillers, lone accents, signs of direction, or what stands for characters that could not land. Beside what
    can be seen they stay: joiners make emojis, and signs of direction make a line of two scripts readable.
-#}
{%- macro readable(text) -%}
    {%- set blanks = "\\s\\u0001-\\u0020\\u007F-\\u00A0\\u1680\\u2000-\\u200F\\u2028-\\u202F\\u205F-\\u206F\\u3000\\uFEFF" -%}
    {%- set fillers = "\\u00AD\\u0300-\\u036F\\u061C\\u115F\\u1160\\u17B4\\u17B5\\u2800\\u3164\\uFFA0" -%}
    {%- set marks = "\\u180B-\\u180F\\u20D0-\\u20FF\\uFE00-\\uFE0F" -%}
    {%- set supplements = "\\uFFF0-\\uFFFB\\U0001D173-\\U0001D17A\\U000E0000-\\U000E0FFF" -%}
    case
        when replace({{ text }}, '\x00', '') ~ '[^{{ blanks }}{{ fillers }}{{ marks }}{{ supplements }}]'
            then btrim({{ text }}, e' \t\n\v\f\r\u00A0\u200B\u2060\u3000\uFEFF')
    end
{%- endmacro -%}
