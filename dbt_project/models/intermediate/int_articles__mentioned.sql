-- Which coins the new articles mention: by cashtag (`$BTC`), by name, by symbol in capital letters. Of names that lie
-- in each other the longest counts: an article on Bitcoin Cash says nothing of Bitcoin.
{{ config(materialized='view') }}

with

mentionable as (
    select * from {{ ref('int_coins__mentionable') }}
),

words as (
    select
        articles.article_id,
        parts.part,
        found.place,
        found.words[1] as first_word,
        lead(found.words[1], 1) over text_part as second_word,
        lead(found.words[1], 2) over text_part as third_word
    from {{ ref('int_articles__new') }} as articles
    cross join lateral unnest(array[articles.title, articles.summary]) with ordinality as parts (content, part)
    cross join lateral regexp_matches(parts.content, '\$?[[:alnum:]]+', 'g') with ordinality as found (words, place)
    window text_part as (partition by articles.article_id, parts.part order by found.place)
),

phrases as (
    select
        words.article_id,
        words.part,
        words.place,
        spans.word_count,
        spans.phrase
    from words
    cross join lateral (
        values
        (1, words.first_word),
        (2, words.first_word || ' ' || words.second_word),
        (3, words.first_word || ' ' || words.second_word || ' ' || words.third_word)
    ) as spans (word_count, phrase)
),

matched as (
    select
        phrases.*,
        mentionable.canonical_id,
        case
            when phrases.phrase like '$%' then 0.95
            when mentionable.kind = 'symbol' then 0.7
            when phrases.word_count > 1 then 0.9
            else 0.8
        end as confidence
    from phrases
    inner join mentionable
        on
            lower(ltrim(phrases.phrase, '$')) = mentionable.term
            and case
                when phrases.phrase like '$%' then mentionable.kind = 'symbol'
                when mentionable.kind = 'symbol' then mentionable.is_plain and phrases.phrase = upper(phrases.phrase)
                else mentionable.is_plain and phrases.phrase ~ '^[^[:lower:]]'
            end
),

longest as (
    select *
    from matched
    where not exists (
        select from matched as longer
        where
            longer.article_id = matched.article_id
            and longer.part = matched.part
            and longer.place <= matched.place
            and longer.place + longer.word_count >= matched.place + matched.word_count
            and longer.word_count > matched.word_count
    )
),

mentioned as (
    select
        article_id,
        canonical_id,
        (array_agg(phrase order by confidence desc, part, place))[1] as matched_text,
        case when count(distinct lower(ltrim(phrase, '$'))) > 1 then 0.98 else max(confidence) end as confidence
    from longest
    group by article_id, canonical_id
)

select * from mentioned
