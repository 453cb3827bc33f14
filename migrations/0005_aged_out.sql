-- What was dropped because of its age, or to make room: days that the database no longer tells of.

create table aged_out (
  table_name  text        not null,
  first_day   date        not null,
  end_day     date        not null,
  bytes       bigint      not null,
  dropped_at  timestamptz not null default now(),
  constraint aged_out_key primary key (table_name, first_day)
);

comment on table  aged_out is 'Partitions that were dropped. What their rows counted stays in the counts; storing those days again would count them twice.';
comment on column aged_out.first_day is 'First UTC day of the partition: of ids in the tables of rows, of buckets in the others.';
comment on column aged_out.end_day is 'The day after its last.';
comment on column aged_out.bytes is 'What it took on disk, indexes included, when it was dropped last.';

comment on table count_minute_other is 'Minutes of days that have no partition.';
comment on table count_hour_other is 'Hours of months that have no partition.';
comment on table author_hour_other is 'Hours of days that have no partition.';
comment on table author_day_other is 'Days of months that have no partition.';
comment on table author_key_other is 'Days that have no partition.';
