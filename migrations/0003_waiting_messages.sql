-- Those that wait to be dealt with are asked for often, and are few among those that were dealt with.

create index raw_message_waiting on raw_message (id) where not processed;
