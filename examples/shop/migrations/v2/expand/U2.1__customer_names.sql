-- full_name holds every write of both versions. What is lost is only where version 2 drew the line in a name.

drop trigger if exists customers_names on customers;
drop function if exists customers_names();
alter table customers
  drop column if exists first_name,
  drop column if exists last_name;
