-- Through Kafka a source is stored by several writers, one to each partition, and where each goes on is an offset of the log.

alter table position add column next_offset bigint;

comment on column position.source is 'jetstream, synthetic:<seed>, file:<digest>, or kafka:<topic> where it came through Kafka.';
comment on column position.part is 'Partition of the log; 0 where there is only one.';
comment on column position.next_offset is 'Offset of the log to read on from; null where the log is in memory.';
comment on column position.time_us is 'Network clock of the last stored frame, µs; 0 for a partition of which nothing is stored yet.';
