-- How many different accounts were active within a week and a month: they do not add up from days.

create table people_day (
  day          date        primary key,
  week         integer,
  month        integer,
  basis        bigint      not null,
  computed_at  timestamptz not null default now()
);

comment on table  people_day is 'Different accounts that were active in the 7 and the 30 days that end with a day of UTC.';
comment on column people_day.week is 'Null where it could not be told: the accounts of some of the days were no longer stored.';
comment on column people_day.basis is 'Sum of the daily counts of these 30 days when they were counted: where it is another now, they are counted again.';
