{#-
    What tells that articles are one, as a row each: article_id, is_published, fetched_at, key. `relation` has these,
    feed, guid, title, url and published_at. A home page is no link, and what has no time of its own has the fetch's.
-#}
{%- macro article_keys(relation) -%}
    select
        articles.article_id,
        articles.is_published,
        articles.fetched_at,
        md5(keys.key) as key
    from {{ relation }} as articles
    cross join lateral (
        select
            {{ address_key('articles.feed') }} as feed,
            {{ address_key('articles.url') }} as link,
            nullif(btrim(lower(articles.title)), '') as title,
            case when articles.published_at < articles.fetched_at then articles.published_at::text end as moment
    ) as plain
    cross join lateral (
        select
            substring(plain.feed from '^[^/?]+') as site,
            case when plain.link ~ '[/?].' then plain.link end as link,
            substring(plain.link from '[/?].+$') as path,
            case
                when articles.guid ~* '^https?://' then {{ address_key('articles.guid') }}
                when articles.guid is null then plain.link
            end as permalink
    ) as parts
    cross join lateral (
        values
        ('id ' || articles.article_id),
        ('feed, guid ' || plain.feed || ' ' || articles.guid),
        ('permalink ' || parts.permalink),
        ('link, title ' || parts.link || ' ' || plain.title),
        ('link, time ' || parts.link || ' ' || plain.moment),
        ('site, title, time ' || parts.site || ' ' || plain.title || ' ' || plain.moment),
        ('path, title, time ' || parts.path || ' ' || plain.title || ' ' || plain.moment),
        ('guid, title, time ' || articles.guid || ' ' || plain.title || ' ' || plain.moment)
    ) as keys (key)
    where keys.key is not null
{%- endmacro -%}
