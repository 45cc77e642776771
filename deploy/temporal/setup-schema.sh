#!/bin/sh
# Makes Temporal's two databases and brings their schemas up to date. Safe to repeat.
# Needs POSTGRES_HOST, POSTGRES_USER and SQL_PASSWORD, which temporal-sql-tool reads by itself.
set -eu

schemas=/etc/temporal/schema/postgresql/v12

sql() {
  temporal-sql-tool --plugin postgres12 --ep "$POSTGRES_HOST" -p 5432 -u "$POSTGRES_USER" "$@"
}

setup() {
  database="$1"
  versions="$2"
  sql --db "$database" create
  sql --db "$database" setup-schema -v 0.0
  sql --db "$database" update-schema -d "$versions"
}

setup temporal "$schemas/temporal/versioned"
setup temporal_visibility "$schemas/visibility/versioned"
