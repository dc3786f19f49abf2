{#- Rows whose value does not stand in a column of the same name of another model. Without scanning what is already proved. -#}
{% test every_value_in(model, column, of) %}
select distinct {{ column }}
from {{ model }} as this
where not exists (select from {{ of }} as other where other.{{ column }} = this.{{ column }})
{% endtest %}
