-- Version 1 reads and writes full_name; version 2 reads and writes first_name and last_name. While both run, the
-- trigger carries each one's writes to the other. It looks only at what a statement changed, never at who wrote it,
-- and it cannot fail: a write of the old version that worked before this file works after it.

alter table customers
  add column first_name text,
  add column last_name text;

create function customers_names() returns trigger language plpgsql as $$
declare
  names_written boolean;
  full_name_written boolean;
begin
  if tg_op = 'INSERT' then
    names_written := new.first_name is not null or new.last_name is not null;
    full_name_written := new.full_name is not null;
  else
    names_written := (new.first_name, new.last_name) is distinct from (old.first_name, old.last_name);
    full_name_written := new.full_name is distinct from old.full_name;
  end if;

  -- Where one statement writes both, the new columns win. A full name that means the same already stays as it is.
  if names_written then
    new.first_name := coalesce(new.first_name, '');
    new.last_name := coalesce(new.last_name, '');
    if new.full_name is null
      or new.first_name <> split_part(new.full_name, ' ', 1)
      or new.last_name <> substr(new.full_name, length(split_part(new.full_name, ' ', 1)) + 2)
    then
      new.full_name := concat_ws(' ', nullif(new.first_name, ''), nullif(new.last_name, ''));
    end if;
  elsif full_name_written then
    new.first_name := split_part(new.full_name, ' ', 1);
    new.last_name := substr(new.full_name, length(split_part(new.full_name, ' ', 1)) + 2);
  end if;
  return new;
end
$$;

create trigger customers_names
  before insert or update of full_name, first_name, last_name on customers
  for each row execute function customers_names();
