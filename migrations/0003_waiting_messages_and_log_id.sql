-- Those that wait to be dealt with are asked for often, and are few among those that were dealt with.

create index raw_message_waiting on raw_message (id) where not processed;

-- An offset means something in the topic that it was read from, and nothing in another one of the same name.

alter table position add column log_id text;

comment on column position.log_id is 'Id that Kafka gave the topic when it was made; null where the log is in memory.';
