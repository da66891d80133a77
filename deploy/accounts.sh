#!/bin/sh
# Run once by the database's image: the account that serves. The one that the image makes owns the schema.
set -eu
psql -v ON_ERROR_STOP=1 -v password="$SERVER_PASSWORD" -U "$POSTGRES_USER" -d "$POSTGRES_DB" <<'SQL'
CREATE ROLE kickmonitor_server LOGIN PASSWORD :'password';
SQL
