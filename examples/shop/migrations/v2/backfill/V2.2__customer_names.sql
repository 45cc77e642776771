-- sluice: table=customers key=id batch=2000
-- Splits at the first blank, like the trigger of V2.1. A row that has its names is left alone.

update customers
set first_name = split_part(full_name, ' ', 1),
    last_name = substr(full_name, length(split_part(full_name, ' ', 1)) + 2)
where id > :after and id <= :upto
  and first_name is null and last_name is null;
