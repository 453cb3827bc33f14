-- What two comments say was true before they were made.

comment on table  aged_out is 'Partitions that were dropped. What their rows counted stays in the counts; those days are not stored again.';
comment on column account_standing.xid is 'Version of the entry: the transaction that changed it last.';
