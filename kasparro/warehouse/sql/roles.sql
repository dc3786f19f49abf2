-- Roles: four groups that hold the rights, and one login of this database for each
do $$ begin create role kasparro_loader nologin; exception when duplicate_object or unique_violation then null; end $$;
do $$ begin create role kasparro_transformer nologin; exception when duplicate_object or unique_violation then null; end $$;
do $$ begin create role kasparro_reader nologin; exception when duplicate_object or unique_violation then null; end $$;
do $$ begin create role kasparro_analyst nologin; exception when duplicate_object or unique_violation then null; end $$;
do $$ begin create role {loader_login} login; exception when duplicate_object or unique_violation then null; end $$;
do $$ begin create role {transformer_login} login; exception when duplicate_object or unique_violation then null; end $$;
do $$ begin create role {reader_login} login; exception when duplicate_object or unique_violation then null; end $$;
do $$ begin create role {analyst_login} login; exception when duplicate_object or unique_violation then null; end $$;
alter role {loader_login} login password {loader_password} connection limit 20;
alter role {transformer_login} login password {transformer_password} connection limit 20;
alter role {reader_login} login password {reader_password} connection limit 40;
alter role {analyst_login} login password {analyst_password} connection limit 20;
-- Who administers this database makes backups and restores them, so it has to reach everything
grant kasparro_loader to {loader_login}, {administrator};
grant kasparro_transformer to {transformer_login}, {administrator};
grant kasparro_reader to {reader_login}, {administrator};
grant kasparro_analyst to {analyst_login}, {administrator};
grant kasparro_reader to kasparro_analyst;

-- A login acts as its group, so that what it creates belongs to the group
alter role {loader_login} in database {database} set role = 'kasparro_loader';
alter role {transformer_login} in database {database} set role = 'kasparro_transformer';
alter role {analyst_login} in database {database} set role = 'kasparro_analyst';
alter role {analyst_login} in database {database} set timezone = 'UTC';
alter role {loader_login} in database {database} set random_page_cost = 1.1; -- merges look raw up by its index
alter role {transformer_login} in database {database} set default_statistics_target = 25; -- each pass analyses what it builds
alter role {transformer_login} in database {database} set work_mem = '32MB'; -- sorts of a whole market stay in memory
-- A statement whose program was killed ends, too, instead of holding its locks to its own end; not on every platform
do $$ begin
    alter role {loader_login} in database {database} set client_connection_check_interval = '2s';
    alter role {transformer_login} in database {database} set client_connection_check_interval = '2s';
    alter role {analyst_login} in database {database} set client_connection_check_interval = '2s';
exception when invalid_parameter_value then null; end $$;
alter role {reader_login} in database {database} set timezone = 'UTC';
alter role {reader_login} in database {database} set default_transaction_read_only = on;
grant connect on database {database} to kasparro_loader, kasparro_transformer, kasparro_reader, kasparro_analyst;
grant temporary on database {database} to kasparro_loader, kasparro_transformer, kasparro_analyst;

create extension if not exists pg_trgm schema public; -- does nothing where it is in another schema
