-- From here on there is no way back to version 1. The names are looked at before the table is locked: the trigger
-- still holds, so no row can lose them in between.

do $$
begin
  if exists (select from customers where first_name is null or last_name is null) then
    raise exception 'customers without first_name and last_name are left: dropping full_name would lose their names'
      using hint = 'Run the backfill V2.2 to its end, then contract again.';
  end if;
end
$$;

drop trigger customers_names on customers;
drop function customers_names();
alter table customers drop column full_name;

-- For whoever still has to read a customer the way version 1 did.
create view customers_v1 as
  select id, email, concat_ws(' ', nullif(first_name, ''), nullif(last_name, '')) as full_name
  from customers;
