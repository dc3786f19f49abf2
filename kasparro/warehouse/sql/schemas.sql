-- Schemas: dlt writes raw, dbt writes the rest
create schema if not exists raw_coinpaprika authorization kasparro_loader;
create schema if not exists raw_coingecko authorization kasparro_loader;
create schema if not exists raw_csv authorization kasparro_loader;
create schema if not exists raw_rss authorization kasparro_loader;
create schema if not exists staging authorization kasparro_transformer;
create schema if not exists intermediate authorization kasparro_transformer;
create schema if not exists candidate authorization kasparro_transformer;
create schema if not exists marts authorization kasparro_transformer;
create schema if not exists ops authorization kasparro_transformer;
create schema if not exists analysts authorization kasparro_analyst;
comment on schema raw_coinpaprika is 'CoinPaprika''s responses as they came, one row per coin and content';
comment on schema raw_coingecko is 'CoinGecko''s responses as they came, one row per coin and content';
comment on schema raw_csv is 'Rows of the CSV files';
comment on schema raw_rss is 'Articles of the RSS feeds';
comment on schema staging is 'Raw, renamed and cast, one to one';
comment on schema intermediate is 'Logic between staging and marts';
comment on schema candidate is 'The next version of the marts, audited here before it is published';
comment on schema marts is 'The product: coins, listings, quotes, news. Changes only as a whole published version';
comment on schema analysts is 'Views and tables that analysts make of the marts: theirs, no run touches them';

-- Rights: each layer reads the one below it; readers see marts, ops and what analysts make of them, nothing else
grant usage on schema raw_coinpaprika, raw_coingecko, raw_csv, raw_rss to kasparro_transformer;
alter default privileges for role kasparro_loader in schema raw_coinpaprika grant select on tables to kasparro_transformer;
alter default privileges for role kasparro_loader in schema raw_coingecko grant select on tables to kasparro_transformer;
alter default privileges for role kasparro_loader in schema raw_csv grant select on tables to kasparro_transformer;
alter default privileges for role kasparro_loader in schema raw_rss grant select on tables to kasparro_transformer;
grant usage on schema marts, ops, analysts to kasparro_reader;
alter default privileges for role kasparro_analyst in schema analysts grant select on tables to kasparro_reader;
grant usage on schema ops to kasparro_loader;
alter default privileges for role kasparro_transformer in schema marts grant select on tables to kasparro_reader;
alter default privileges for role kasparro_transformer in schema ops grant select on tables to kasparro_reader;
