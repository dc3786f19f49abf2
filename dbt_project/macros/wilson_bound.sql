{#-
    A bound of the 95 % confidence interval of a share (Wilson 1927), 0 to 1; null of nothing. `side` is -1 for the lower
    one, 1 for the upper one. Unlike the normal approximation it holds for shares near 1, which is what is measured here.
-#}
{%- macro wilson_bound(successes, trials, side) -%}
    round((
        ({{ successes }} + 1.9208 {{ "+" if side > 0 else "-" }} 1.96 * sqrt(
            {{ successes }} * ({{ trials }} - {{ successes }}) / nullif({{ trials }}, 0)::numeric + 0.9604
        )) / (nullif({{ trials }}, 0) + 3.8416)
    ), 4)
{%- endmacro -%}
