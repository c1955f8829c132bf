#!/bin/sh
# Makes sure that the tests have a MariaDB server program. They start it themselves, in a folder and on a port of their
# own, so nothing is configured and no service is started here.
set -eu

[ -z "${TEST_MYSQL:-}" ] || exit 0
PATH="$PATH:/usr/sbin" # where Debian puts servers, and not everybody looks
if command -v mariadbd >/dev/null && command -v mariadb-install-db >/dev/null; then exit 0; fi

as_root=
if [ "$(id -u)" -ne 0 ]; then
	if command -v sudo >/dev/null && sudo -n true 2>/dev/null; then as_root=sudo; else as_root=none; fi
fi
if [ "$as_root" != none ] && command -v apt-get >/dev/null; then
	echo "installing mariadb-server-core for the tests"
	$as_root apt-get update -qq
	$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
		mariadb-server-core mariadb-client-core >/dev/null
	exit 0
fi
cat >&2 <<'TEXT'
The tests need MariaDB or MySQL, and it cannot be installed from here. Either
  install it yourself (Debian, Ubuntu: mariadb-server-core mariadb-client-core), or
  set TEST_MYSQL to the DSN of a server where tests may create databases:
    TEST_MYSQL='root:secret@tcp(127.0.0.1:3306)/' make test
Without either, the tests that need it are skipped.
TEXT
[ -z "${CI:-}" ]
